import type { Entry } from '../ledger/events.ts';
import { askEndKey } from '../ledger/keys.ts';
import type { Desk } from '../workflows/interpreter/desk.ts';
import type { Point } from '../workflows/interpreter/point.ts';
import { type Answers, actionOf, type PersonAnswer } from './answers.ts';

/** An answer that the run did not take as the test says. */
export type Misgiven = { readonly answer: PersonAnswer; readonly says: string };

/**
 * Gives the answers of a case where the run waits for them: each once, in their order, at each step. What the record
 * says that was given before is not given again, so that a run that is walked again hears the rest.
 */
export class Person {
  readonly misgiven: Misgiven[] = [];
  readonly #answers: Answers;
  readonly #desk: Desk;
  readonly #record: ReadonlyMap<string, Entry>;
  readonly #requestedBy: string;

  constructor(answers: Answers, desk: Desk, record: ReadonlyMap<string, Entry>, requestedBy: string) {
    this.#answers = answers;
    this.#desk = desk;
    this.#record = record;
    this.#requestedBy = requestedBy;
  }

  /** Answers at one point, if some answer is due. Whether it did. */
  async answer(): Promise<boolean> {
    for (const point of this.#desk.waiting) {
      const next = this.#next(point);
      const action = next && actionOf(next.answer, point.step, this.#heldFor(point));
      if (!next || !action) continue;
      const { answer, ask } = next;
      const actor = { kind: 'person', subject: answer.by ?? this.#requestedBy, issuer: 'test' } as const;
      const taken = await this.#desk.submit({ ask, actor, reason: answer.reason, action });
      this.#judge(answer, taken.taken ? undefined : `${taken.why} ${taken.mend}`);
      return true;
    }
    return false;
  }

  /** Until when the clock may go on: gates whose answer is that nobody answers expire, others are waited for. */
  patience(): number {
    const until = this.#desk.waiting.map((point) =>
      this.#next(point)?.answer.word === 'expire' ? Number.POSITIVE_INFINITY : this.#expiryOf(point),
    );
    return Math.min(Number.POSITIVE_INFINITY, ...until);
  }

  #judge(answer: PersonAnswer, refusal: string | undefined): void {
    const { refused } = answer;
    if (refused === undefined && refusal !== undefined)
      this.misgiven.push({ answer, says: `${answer.word} was refused: ${refusal}` });
    if (refused !== undefined && refusal === undefined)
      this.misgiven.push({
        answer,
        says: `${answer.word} was taken, and should have been refused: ${refused}`,
      });
    if (refused !== undefined && refusal !== undefined && !refusal.includes(refused))
      this.misgiven.push({ answer, says: `${answer.word} was refused otherwise: ${refusal}` });
  }

  #next(point: Point): { readonly answer: PersonAnswer; readonly ask: string } | undefined {
    const step = point.step.replace(/~\d+/g, '');
    for (const [i, answer] of this.#answers.at(point.step).entries()) {
      const ask = `${step}/${i + 1}`;
      if (!this.#record.has(askEndKey(ask))) return { answer, ask };
    }
    return undefined;
  }

  #heldFor(point: Point) {
    const held = [...this.#record.values()].findLast(
      (entry) => entry.kind === 'run.held' && entry.data.step === point.step,
    );
    return held?.kind === 'run.held' ? held.data.hosts : [];
  }

  #expiryOf(point: Point): number {
    const opened = [...this.#record.values()].findLast(
      (entry) => entry.kind === 'gate.opened' && entry.data.step === point.step,
    );
    return opened?.kind === 'gate.opened' ? opened.data.expires : Number.POSITIVE_INFINITY;
  }
}
