import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

export type Supervised = {
  /** Undefined between an end and the next start. */
  readonly pid: () => number | undefined;
  readonly restarts: () => number;
  /** TERM, then KILL after `graceMs`; resolves when it is gone. It is not started again. */
  readonly stop: (graceMs: number) => Promise<void>;
};

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** One that lived this long starts the waits from the beginning. */
const WELL_AFTER_MS = 10_000;

/**
 * Keeps a process alive: starts it, and again whenever it ends, at once the first time and then with growing waits.
 * `changed` is told of each start and each end.
 */
export function supervise(parts: {
  readonly spawn: () => ChildProcess;
  readonly changed: (event: SupervisedEvent) => void;
}): Supervised {
  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  let restarts = 0;

  /** From start to end, and how it ended. A program that can't be started now (ETXTBSY, EAGAIN) may be in a moment. */
  async function life(): Promise<string> {
    try {
      child = parts.spawn();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const ended = endOf(child);
    if (child.pid !== undefined) parts.changed({ kind: 'started', pid: child.pid });
    const why = await ended;
    child = undefined;
    return why;
  }

  async function keep(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      const why = await life();
      if (stopping.signal.aborted) return;
      parts.changed({ kind: 'ended', why });
      if (performance.now() - startedAt > WELL_AFTER_MS) wait = FIRST_WAIT_MS;
      await pause(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      restarts += 1;
    }
  }
  const kept = keep();

  return {
    pid: () => child?.pid,
    restarts: () => restarts,
    async stop(graceMs) {
      stopping.abort();
      const last = child;
      last?.kill('SIGTERM');
      const gone = await Promise.race([kept.then(() => true), pause(graceMs, false, { ref: false })]);
      if (!gone) last?.kill('SIGKILL');
      await kept;
    },
  };
}

export type SupervisedEvent =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'ended'; readonly why: string };

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal]: readonly unknown[] = await once(child, 'exit');
    return signal === null ? `exit status ${String(code)}` : `signal ${String(signal)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
