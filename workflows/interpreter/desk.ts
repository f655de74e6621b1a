import type { Entry, PendingEntry } from '../../ledger/events.ts';
import { askEndKey, WAY_BACK } from '../../ledger/keys.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { OperatorAction, OperatorAnswer, OperatorAsk } from '../../plan/operator.ts';
import type { RunInput } from '../input.ts';
import type { Port } from '../port.ts';
import { Course } from './course.ts';
import { type Considered, names, type Point } from './point.ts';

/** Takes what people ask of the run: one at a time, each once, recorded before it takes effect. */
export class Desk {
  readonly #input: RunInput;
  readonly #port: Port;
  readonly #points = new Map<string, Point>();
  readonly #answers = new Map<string, Promise<OperatorAnswer>>();
  readonly #recalled = new Map<string, OperatorAsk[]>();
  #course = new Course(false);
  /** An abort of an earlier epoch that struck the way back: kept until the walk comes there. */
  #stopsTheWayBack: OperatorAsk | undefined;
  /** Asks are taken, and points closed, one after the other. Never rejects. */
  #line: Promise<void> = Promise.resolve();
  #paused: { readonly by: string; readonly resumed: Promise<void>; readonly resume: () => void } | undefined;
  #ended = false;

  constructor(input: RunInput, port: Port) {
    this.#input = input;
    this.#port = port;
  }

  /** Fires when somebody aborts the run; on its way back, when somebody stops that. */
  get aborted(): AbortSignal {
    return this.#course.aborted;
  }

  get whenAborted(): Promise<void> {
    return this.#course.whenAborted;
  }

  get abortReason(): string {
    return this.#course.reason;
  }

  /**
   * The abort is one of an earlier epoch. What was running then has to be found again before the run may end: so the
   * walk goes on through what is recorded, and rounds that are new to the record are cancelled before they start.
   */
  get retracing(): boolean {
    return this.#course.retracing;
  }

  get waiting(): readonly Point[] {
    return [...this.#points.values()];
  }

  /** The ask that paused the run, and when that is over. */
  get paused(): { readonly by: string; readonly resumed: Promise<void> } | undefined {
    return this.#paused;
  }

  /** Gives back what was answered in earlier walks of the run, before it is walked again. */
  recall(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if ('ask' in entry.data) this.#answers.set(entry.data.ask, Promise.resolve(this.#answerOf(entry)));
      if (entry.kind !== 'operator.applied') continue;
      const { ask: id, action, point, reason = '' } = entry.data;
      const ask = { ask: id, actor: entry.actor, reason, action };
      if (action.kind === 'abort' && point === WAY_BACK) {
        this.#stopsTheWayBack = ask;
        continue;
      }
      if (action.kind === 'abort') this.#course.retrace();
      // Who lets a run go on from the ledger wants it to go on: the pauses of earlier epochs are over.
      const pauses = action.kind === 'pause' || action.kind === 'resume';
      if (pauses && entry.epoch < this.#input.epoch) continue;
      if (point === undefined) this.#applyToRun(ask);
      else this.#recalled.set(point, [...(this.#recalled.get(point) ?? []), ask]);
    }
  }

  /**
   * Waits at a point until somebody decides, or until it is given up: then undefined. An ask that is being taken when
   * it is given up still counts: what the record calls applied has taken effect.
   */
  async decision<T>(
    make: (decide: (made: T) => void) => Point,
    givenUp: Promise<void>,
  ): Promise<T | undefined> {
    const made: T[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const point = make((decided) => {
      made.push(decided);
      this.#points.delete(point.id);
      resolve();
    });
    this.#points.set(point.id, point);
    for (const ask of this.#recalled.get(point.id) ?? []) if (made.length === 0) point.apply(ask);
    await Promise.race([promise, givenUp]);
    if (made.length === 0) await this.#closed(point);
    return made[0];
  }

  /**
   * The walk forwards is over. Answers whether the run goes back now: because its end wants that, or because somebody has
   * asked for it; if not, the run has ended. Comes in line: what is being taken counts, what comes later is refused.
   */
  async turnBack(
    wanted: boolean,
  ): Promise<{ readonly back: boolean; readonly abortedFor: string | undefined }> {
    let forwards = this.#course;
    await this.#inLine(() => {
      forwards = this.#course;
      const back = forwards.aborted.aborted ? forwards.rollback : wanted;
      if (back) this.#course = this.#wayBack();
      else this.#ended = true;
    });
    const { aborted, reason } = forwards;
    return { back: this.#course.back, abortedFor: aborted.aborted ? reason : undefined };
  }

  /** From here on everything is refused. Resolves when what was asked before has its answer. */
  async end(): Promise<void> {
    await this.#inLine(() => {
      this.#ended = true;
    });
  }

  /** The same ask gives the same answer, however often it arrives. */
  submit(ask: OperatorAsk): Promise<OperatorAnswer> {
    const earlier = this.#answers.get(ask.ask);
    if (earlier) return earlier;
    const answer = this.#line.then(() => this.#take(ask));
    const taken = () => {};
    this.#line = answer.then(taken, taken);
    this.#answers.set(ask.ask, answer);
    return answer;
  }

  /** Nothing new starts; what runs is asked to stop. */
  abort(reason: string, rollback = false): void {
    this.#paused?.resume();
    this.#paused = undefined;
    this.#course.abort(reason, rollback);
  }

  #wayBack(): Course {
    const back = new Course(true);
    const stop = this.#stopsTheWayBack;
    if (!stop) return back;
    back.retrace();
    back.abort(stop.reason || 'aborted', false);
    return back;
  }

  #closed(point: Point): Promise<void> {
    return this.#inLine(() => {
      this.#points.delete(point.id);
    });
  }

  #inLine(act: () => void): Promise<void> {
    this.#line = this.#line.then(act);
    return this.#line;
  }

  async #take(ask: OperatorAsk): Promise<OperatorAnswer> {
    // Who asks has seen the record: a walk that is behind it would refuse what waits there, or abort beside a running job.
    await this.#port.caughtUp();
    const target = this.#target(ask.action);
    const point = target.ok ? target.point : undefined;
    const considered = target.ok ? this.#considered(ask, point) : target;
    const id = point?.id ?? (ask.action.kind === 'abort' && this.#course.back ? WAY_BACK : undefined);
    const end = await this.#port.record(endOf(this.#input, ask, considered, id));
    if (end.kind === 'operator.applied') this.#applyAt(ask, end.data.point);
    return this.#answerOf(end, considered.ok ? undefined : considered.mend);
  }

  /** What stands in the record is the answer. */
  #answerOf(end: Entry, mend = `holdfast show ${this.#input.run}`): OperatorAnswer {
    switch (end.kind) {
      case 'operator.applied':
        return { taken: true, says: end.data.says };
      case 'operator.refused':
        return { taken: false, why: end.data.why, mend };
      default:
        return {
          taken: false,
          why: 'It was not taken in time, and has expired.',
          mend: 'Ask again where it is still wanted.',
        };
    }
  }

  /**
   * At the point that the record names. It is another than the one open now, or none is, where the workflow was reset in
   * Temporal: then it is kept for when the walk comes there.
   */
  #applyAt(ask: OperatorAsk, at: string | undefined): void {
    const point = at === undefined ? undefined : this.#points.get(at);
    if (at === undefined || at === WAY_BACK) this.#applyToRun(ask);
    else if (point) point.apply(ask);
    else this.#recalled.set(at, [...(this.#recalled.get(at) ?? []), ask]);
  }

  /** A value that can't be had is a reason to refuse; an Update that throws would be asked for ever. */
  #considered(ask: OperatorAsk, point: Point | undefined): Considered {
    try {
      return point ? point.consider(ask) : this.#considerRun(ask);
    } catch (error) {
      if (error instanceof HoldfastError) return { ok: false, why: error.message, mend: error.mend };
      throw error;
    }
  }

  #target(
    action: OperatorAction,
  ): { readonly ok: true; readonly point?: Point } | Extract<Considered, { ok: false }> {
    if (this.#ended)
      return { ok: false, why: 'The run has ended.', mend: `holdfast show ${this.#input.run}` };
    if (action.kind === 'pause' || action.kind === 'resume' || action.kind === 'abort') return { ok: true };
    const offering = this.waiting.filter((point) => point.offers.includes(action.kind));
    const { step } = action;
    const meant = step === undefined ? offering : offering.filter((point) => names(point.step, step));
    const [only, another] = meant;
    if (only && !another) return { ok: true, point: only };
    if (another) {
      return {
        ok: false,
        why: `Several steps wait for that: ${meant.map((point) => point.step).join(', ')}.`,
        mend: 'Name one with --step.',
      };
    }
    const waits = this.waiting.map((point) => `${point.step} waits for ${point.waitsFor}`).join('; ');
    const where = step === undefined ? 'Nothing' : `${step} is not at a point that`;
    return {
      ok: false,
      why: `${where} can take ${action.kind} now.${waits ? ` What waits: ${waits}.` : ' Nothing waits for a person.'}`,
      mend: `holdfast show ${this.#input.run}`,
    };
  }

  #considerRun({ action }: OperatorAsk): Considered {
    const mend = `holdfast show ${this.#input.run}`;
    switch (action.kind) {
      case 'pause':
        if (this.aborted.aborted) return { ok: false, why: 'The run is being aborted.', mend };
        if (this.#paused)
          return { ok: false, why: 'The run is paused already.', mend: `holdfast resume ${this.#input.run}` };
        return { ok: true, says: 'It pauses before the next step; what runs now runs on.' };
      case 'resume':
        if (!this.#paused) return { ok: false, why: 'The run is not paused.', mend };
        return { ok: true, says: 'It goes on.' };
      case 'abort':
        return this.#course.considerAbort(action.rollback, mend);
      default:
        return { ok: false, why: `Nothing can take ${action.kind} now.`, mend };
    }
  }

  #applyToRun(ask: OperatorAsk): void {
    switch (ask.action.kind) {
      case 'pause':
        this.#paused = { by: ask.ask, ...gate() };
        return;
      case 'resume':
        this.#paused?.resume();
        this.#paused = undefined;
        return;
      case 'abort':
        this.abort(ask.reason || 'aborted', ask.action.rollback);
        return;
      default:
    }
  }
}

/** The entry that ends an ask: whichever word is written first under its key stands. */
function endOf(
  input: RunInput,
  ask: OperatorAsk,
  considered: Considered,
  point: string | undefined,
): PendingEntry {
  const common = { key: askEndKey(ask.ask), run: input.run, epoch: input.epoch, actor: ask.actor };
  if (!considered.ok)
    return { ...common, kind: 'operator.refused', data: { ask: ask.ask, why: considered.why } };
  const { action, reason } = ask;
  const data = { ask: ask.ask, says: considered.says, action, reason };
  return { ...common, kind: 'operator.applied', data: point === undefined ? data : { ...data, point } };
}

function gate(): { readonly resumed: Promise<void>; readonly resume: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { resumed: promise, resume: resolve };
}
