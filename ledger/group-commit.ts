import { appendAll, type Difference } from './append.ts';
import { batched } from './batched.ts';
import type { Entry, PendingEntry } from './events.ts';
import type { Store } from './store/store.ts';
import type { Tables } from './store/tables.ts';

/** One transaction takes no more than this, so that it doesn't keep other processes waiting for long. */
const ENTRIES_A_TRANSACTION = 2_000;

export type GroupCommit = {
  /** Resolves once the entries are on disk. */
  append(entries: readonly PendingEntry[]): Promise<readonly Entry[]>;
};

/** Commits what several callers append at once in one transaction: a sync of the disk costs far more than a row. */
export function groupCommit(options: {
  readonly store: Store<Tables>;
  readonly clock: () => number;
  readonly committed: (size: number) => void;
  readonly differs: (difference: Difference) => void;
}): GroupCommit {
  const append = batched<readonly PendingEntry[], readonly Entry[]>({
    most: ENTRIES_A_TRANSACTION,
    sizeOf: (entries) => entries.length,
    async send(calls) {
      const { answers, differences, size } = await options.store.write((tx) =>
        appendAll(tx, calls, options.clock()),
      );
      // Callers go on once they are answered, which is after this: followers are woken no later than they.
      options.committed(size);
      for (const difference of differences) options.differs(difference);
      return answers.map((answer) => (answer.ok ? { ok: true, got: answer.entries } : answer));
    },
  });
  return {
    append: (entries) => (entries.length === 0 ? Promise.resolve([]) : append(entries)),
  };
}
