import { setTimeout as pause } from 'node:timers/promises';

/** How soon entries of another process are seen. */
const POLL_MS = 60;

export type Follow = {
  /** Resolves when the ledger is longer than `after`, the signal fires, or the ledger is closed. */
  changed(after: number, signal: AbortSignal): Promise<void>;
  /** This process has committed: `size` entries now. */
  grewTo(size: number): void;
  close(): void;
};

/** Wakes followers at once for what this process appends, and polls the head for what others do while anyone waits. */
export function follow(sizeNow: () => Promise<number>): Follow {
  const waiters = new Set<{ readonly after: number; readonly wake: () => void }>();
  let known = 0;
  let closed = false;
  let polling = false;

  function grewTo(size: number): void {
    known = Math.max(known, size);
    for (const waiter of waiters) if (known > waiter.after) waiter.wake();
  }

  async function poll(): Promise<void> {
    polling = true;
    while (waiters.size > 0 && !closed) {
      try {
        grewTo(await sizeNow());
      } catch {
        // A store that can't be read now may be in a moment; whoever reads it next gets the error in words.
      }
      await pause(POLL_MS);
    }
    polling = false;
  }

  return {
    grewTo,
    changed(after, signal) {
      if (signal.aborted || closed || known > after) return Promise.resolve();
      return new Promise((resolve) => {
        const waiter = { after, wake };
        function wake(): void {
          waiters.delete(waiter);
          signal.removeEventListener('abort', wake);
          resolve();
        }
        signal.addEventListener('abort', wake, { once: true });
        waiters.add(waiter);
        if (!polling) void poll();
      });
    },
    close() {
      closed = true;
      for (const waiter of waiters) waiter.wake();
    },
  };
}
