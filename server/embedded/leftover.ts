import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** Longer than Temporal takes to stop after its parent has gone, and than the guard's patience with it. */
const PATIENCE_MS = 7_000;

/**
 * Waits until what an `up` that was killed had started is gone: two Temporals on one file would spoil it. Answers false
 * where it will not go. A process id that is another program's by now counts as gone.
 */
export async function leftoverIsGone(pid: number | undefined, mark: string): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS;
  while (pid !== undefined && (await isStill(pid, mark))) {
    if (performance.now() > until) return false;
    await pause(100);
  }
  return true;
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
