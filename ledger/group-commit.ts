import { type Appended, appendAll, type Difference } from './append.ts';
import type { Entry, PendingEntry } from './events.ts';
import type { Store } from './store/store.ts';
import type { Tables } from './store/tables.ts';

/** One transaction takes no more than this, so that it doesn't keep other processes waiting for long. */
const ENTRIES_A_TRANSACTION = 2_000;

type Call = {
  readonly entries: readonly PendingEntry[];
  readonly done: (entries: readonly Entry[]) => void;
  readonly failed: (error: unknown) => void;
};

export type GroupCommit = {
  /** Resolves once the entries are on disk. */
  append(entries: readonly PendingEntry[]): Promise<readonly Entry[]>;
};

/**
 * Collects what is to be appended while the last transaction runs, or in the same turn of the event loop, and commits
 * it in one: a sync of the disk costs far more than a row.
 */
export function groupCommit(options: {
  readonly store: Store<Tables>;
  readonly clock: () => number;
  readonly committed: (size: number) => void;
  readonly differs: (difference: Difference) => void;
}): GroupCommit {
  let waiting: Call[] = [];
  let busy = false;

  async function flush(): Promise<void> {
    try {
      while (waiting.length > 0) await commit(takeSome());
    } finally {
      busy = false;
    }
  }

  async function commit(calls: readonly Call[]): Promise<void> {
    const entries = calls.map((call) => call.entries);
    try {
      const appended = await options.store.write((tx) => appendAll(tx, entries, options.clock()));
      settle(calls, appended);
    } catch (error) {
      for (const call of calls) call.failed(error);
    }
  }

  function takeSome(): readonly Call[] {
    let entries = 0;
    const past = waiting.findIndex((call, index) => {
      entries += call.entries.length;
      return index > 0 && entries > ENTRIES_A_TRANSACTION;
    });
    const calls = past < 0 ? waiting : waiting.slice(0, past);
    waiting = past < 0 ? [] : waiting.slice(past);
    return calls;
  }

  function settle(calls: readonly Call[], { answers, differences, size }: Appended): void {
    for (const [index, call] of calls.entries()) {
      const answer = answers[index];
      if (answer?.ok) call.done(answer.entries);
      else call.failed(answer?.error);
    }
    options.committed(size);
    for (const difference of differences) options.differs(difference);
  }

  return {
    append(entries) {
      if (entries.length === 0) return Promise.resolve([]);
      return new Promise((done, failed) => {
        waiting.push({ entries, done, failed });
        if (busy) return;
        busy = true;
        setImmediate(flush);
      });
    },
  };
}
