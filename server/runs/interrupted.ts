import type { RunId } from '../../plan/ids.ts';

/** The runs whose workflow is gone without an end in the ledger, as last seen by the sweeper. */
export type Interrupted = {
  has(run: RunId): boolean;
  /** What was seen; where it can't be known, the last word stands. */
  saw(run: RunId, gone: boolean): void;
};

export function createInterrupted(): Interrupted {
  const gone = new Set<RunId>();
  return {
    has: (run) => gone.has(run),
    saw(run, isGone) {
      if (isGone) gone.add(run);
      else gone.delete(run);
    },
  };
}
