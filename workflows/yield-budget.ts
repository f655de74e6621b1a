import type { RoundAnswer } from '../plan/rounds.ts';

/**
 * While a local activity is in flight no workflow task completes, and Updates, queries and cancels wait: so a chain of
 * them is broken off this often. A workflow task that carries too many bytes of results never gets through; one that keeps
 * the processor for five seconds fails, and is tried for ever: so is a walk through steps that need nothing.
 */
export const YIELD_AFTER = { ms: 500, calls: 60, bytes: 512 * 1024, steps: 100 } as const;

/**
 * How much of a chain of local activities has been spent, by what their answers say and by nothing else. Not by the
 * workflow's clock: where a workflow task times out, what its local activities answered is kept for the next one with the
 * times of the first, so that the clock between two of them is another one when the history is replayed (seen on SDK
 * 1.24: `No command scheduled for event … TimerStarted`, and the run stands for ever).
 */
export class YieldBudget {
  #ms = 0;
  #calls = 0;
  #bytes = 0;
  #steps = 0;

  step(): void {
    this.#steps += 1;
  }

  spend(ms: number, bytes: number): void {
    this.#ms += ms;
    this.#calls += 1;
    this.#bytes += bytes;
  }

  isSpent(): boolean {
    return (
      this.#ms >= YIELD_AFTER.ms ||
      this.#calls >= YIELD_AFTER.calls ||
      this.#bytes >= YIELD_AFTER.bytes ||
      this.#steps >= YIELD_AFTER.steps
    );
  }

  renew(): void {
    this.#ms = 0;
    this.#calls = 0;
    this.#bytes = 0;
    this.#steps = 0;
  }
}

/**
 * How long a round took, as its answer tells: milliseconds of its slowest host by the record. One that left hosts running
 * has spent all there is, and so has one of a worker that is stopping.
 */
export function saidToTake({ settled, running, stopping }: RoundAnswer): number {
  if (running.length > 0 || stopping) return YIELD_AFTER.ms;
  return Math.max(0, ...settled.map(({ startedAt = 0, endedAt = startedAt }) => endedAt - startedAt));
}
