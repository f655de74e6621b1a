import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** Longer than Temporal takes to stop after its parent has gone, and than the guard's patience with it. */
const PATIENCE_MS = 7_000;
const LOOK_AGAIN_MS = 100;

/**
 * Waits until what an `up` that was killed had started is gone: two Temporals on one file would spoil it. Answers false
 * where it will not go. A process id that is another program's by now counts as gone.
 */
export async function leftoverIsGone(pid: number | undefined, mark: string): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS;
  while (pid !== undefined && (await isStill(pid, mark))) {
    if (performance.now() > until) return false;
    await pause(LOOK_AGAIN_MS);
  }
  return true;
}

/**
 * Ends the worker that an `up` that was killed had started, where it does not end by itself: one that stands still (SIGSTOP, a
 * debugger) never notices that its `up` is gone. It has `withinMs`, or until this is disposed of. Nobody need wait for it:
 * beside another worker it does no harm.
 */
export function endLeftoverWorker(parts: {
  readonly pid: number | undefined;
  readonly mark: string;
  readonly withinMs: number;
  readonly killed: (pid: number) => void;
}): AsyncDisposable {
  const now = new AbortController();
  const ended = untilGone();
  return {
    async [Symbol.asyncDispose]() {
      now.abort();
      await ended;
    },
  };

  async function untilGone(): Promise<void> {
    const { pid, mark, withinMs, killed } = parts;
    const until = performance.now() + withinMs;
    while (pid !== undefined && (await isStill(pid, mark))) {
      if (performance.now() > until || now.signal.aborted) {
        if (kill(pid)) killed(pid);
        return;
      }
      await pause(LOOK_AGAIN_MS, undefined, { signal: now.signal }).catch(() => undefined);
    }
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

/** `mark` stands in the command line of what we started. Where the system has no /proc, the id alone has to do. */
async function isStill(pid: number, mark: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return command === undefined ? process.platform !== 'linux' : command.includes(mark);
}
