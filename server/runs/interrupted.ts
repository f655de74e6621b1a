import type { RunId } from '../../plan/ids.ts';

/** How the workflows of open runs are, where not well, as last seen by the sweeper: gone without an end in the ledger, or failing. */
export type Interrupted = {
  has(run: RunId): boolean;
  /** What was seen; where it can't be known, the last word stands. */
  saw(run: RunId, gone: boolean): void;
  /** How often the engine has tried in vain to go on with it; undefined where it goes on. */
  failing(run: RunId): number | undefined;
  sawAttempt(run: RunId, attempt: number): void;
};

/** A worker that was killed in the middle of a task costs a try or two; what fails this often fails again. */
const TRIES = 5;

export function failingWarning(attempt: number): string {
  return `the engine fails to go on with it (attempt ${attempt}): see worker.log in the data folder, and holdfast doctor`;
}

export function createInterrupted(): Interrupted {
  const gone = new Set<RunId>();
  const failing = new Map<RunId, number>();
  return {
    has: (run) => gone.has(run),
    saw(run, isGone) {
      if (isGone) gone.add(run);
      else gone.delete(run);
    },
    failing: (run) => failing.get(run),
    sawAttempt(run, attempt) {
      if (attempt > TRIES) failing.set(run, attempt);
      else failing.delete(run);
    },
  };
}
