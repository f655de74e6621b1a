import { ApplicationFailure } from '@temporalio/common';
import { HoldfastError } from '../plan/errors.ts';

/** What trying again can't help: the run was overtaken by a newer epoch of itself, or its plan is in another store. */
const FINAL = new Set(['ledger/stale-epoch', 'rounds/no-plan', 'rounds/no-text', 'rounds/not-a-question']);

/** The same activities, whose final faults end the workflow instead of being tried for ever. */
export function withFinalFaults<Arguments extends readonly unknown[], Answer>(
  activity: (...args: Arguments) => Promise<Answer>,
): (...args: Arguments) => Promise<Answer> {
  return async (...args) => {
    try {
      return await activity(...args);
    } catch (error) {
      if (error instanceof HoldfastError && FINAL.has(error.code)) {
        throw ApplicationFailure.nonRetryable(`${error.message} ${error.mend}`, error.code);
      }
      throw error;
    }
  };
}
