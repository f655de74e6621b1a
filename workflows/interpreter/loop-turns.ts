import type { Value, ValueMap } from '../../plan/expressions/values.ts';
import type { HostName, StepInstance } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Walk } from './walk.ts';

export type Iteration = { readonly key: string; readonly item: Value };

/** What has become of a turn that has begun. A host's turn has its name as key. */
type Turn =
  | { readonly kind: 'good'; readonly row: ValueMap }
  | { readonly kind: 'failed'; readonly host: HostName; readonly turn: StepInstance }
  /** A person has said: once more. */
  | { readonly kind: 'again' }
  /** A person has said: without it. It counts no more. */
  | { readonly kind: 'left' };

/** How far a loop is. Kept while a person decides about those whose turn failed. */
export class Turns {
  readonly #batches: readonly (readonly Iteration[])[];
  readonly #turns = new Map<string, Turn>();

  constructor(batches: readonly (readonly Iteration[])[]) {
    this.#batches = batches;
  }

  get size(): number {
    return this.#batches.flat().length;
  }

  /** Of the good turns, in the order of the loop, whenever they came. */
  get rows(): readonly ValueMap[] {
    return this.#inOrder().flatMap((turn) => (turn?.kind === 'good' ? [turn.row] : []));
  }

  /** Whose turn failed, in the order of the loop. */
  get failed(): readonly HostName[] {
    return this.#inOrder().flatMap((turn) => (turn?.kind === 'failed' ? [turn.host] : []));
  }

  /** Those that have another turn, in the batches that they were in. */
  again(): readonly (readonly Iteration[])[] {
    return this.#only((turn) => turn?.kind === 'again');
  }

  notBegun(): readonly (readonly Iteration[])[] {
    return this.#only((turn) => turn === undefined);
  }

  good(key: string, row: ValueMap): void {
    this.#turns.set(key, { kind: 'good', row });
  }

  bad(host: HostName, turn: StepInstance): void {
    this.#turns.set(host, { kind: 'failed', host, turn });
  }

  /** These have another turn, and take part again; who is out for something else than its turn stays out. */
  tryAgain(walk: Pick<Walk, 'dropped' | 'failures'>, hosts: readonly HostName[]): void {
    for (const host of hosts) {
      const turn = this.#turns.get(host);
      if (turn?.kind === 'failed') takeBack(walk, host, `${turn.turn}/`);
      this.#turns.set(host, { kind: 'again' });
    }
  }

  goOnWithout(hosts: readonly HostName[]): void {
    for (const host of hosts) this.#turns.set(host, { kind: 'left' });
  }

  /** Whom a person is asked about, once too many have failed. */
  trouble({ dropped }: Pick<Walk, 'dropped'>): readonly HostResult[] {
    return this.failed.map((host) => {
      const reason = dropped.get(host) ?? 'it failed';
      return { host, generation: 0, outcome: 'failed', reason };
    });
  }

  #inOrder(): readonly (Turn | undefined)[] {
    return this.#batches.flat().map(({ key }) => this.#turns.get(key));
  }

  #only(wanted: (turn: Turn | undefined) => boolean): readonly (readonly Iteration[])[] {
    const batches = this.#batches.map((batch) => batch.filter(({ key }) => wanted(this.#turns.get(key))));
    return batches.filter((batch) => batch.length > 0);
  }
}

/** What failed in the host's turn is no failure of the run any more, save where it has taken others out as well. */
function takeBack(
  { dropped, failures }: Pick<Walk, 'dropped' | 'failures'>,
  host: HostName,
  turn: string,
): void {
  const within = (why: string) => why.startsWith(turn);
  if (!within(dropped.get(host) ?? '')) return;
  dropped.delete(host);
  if ([...dropped.values()].some(within)) return;
  failures.splice(0, failures.length, ...failures.filter((why) => !within(why)));
}
