import { spawn } from 'node:child_process';
import { dirname } from 'node:path';

/** What a program said, or why it said nothing that can be used. */
export type Said =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly says: string };

/** More than this is no inventory. Bytes. */
const MOST_OUTPUT = 16_000_000;
/** So much of what it wrote to stderr is kept, and so many of its lines are shown. */
const MOST_COMPLAINT = 4_000;
const SHOWN_LINES = 5;

/**
 * Runs a program that says an inventory, as its own group of processes, in its folder, with this process's environment and no
 * input. Where it takes longer than allowed (ms), all of the group is killed.
 */
export function runProgram(file: string, args: readonly string[], withinMs: number): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], {
      cwd: dirname(file),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    let size = 0;
    let err = '';
    let stopped: string | undefined;
    const timer = setTimeout(() => stop(`It took longer than ${withinMs / 1000} s and was ended`), withinMs);
    child.stdout.on('data', (bytes: Buffer) => {
      size += bytes.length;
      if (size > MOST_OUTPUT) stop(`It said more than ${MOST_OUTPUT / 1_000_000} MB and was ended`);
      else out.push(bytes);
    });
    child.stderr.on('data', (bytes: Buffer) => {
      err = (err + bytes.toString()).slice(-MOST_COMPLAINT);
    });
    child.on('error', (error) => finish({ ok: false, says: `It could not be started: ${error.message}` }));
    child.on('close', (code, signal) => {
      if (stopped !== undefined) finish({ ok: false, says: stopped + shown(err) });
      else if (code === 0) finish({ ok: true, text: Buffer.concat(out).toString() });
      else
        finish({
          ok: false,
          says: `It ended with ${code === null ? signal : `exit status ${code}`}${shown(err)}`,
        });
    });

    function stop(why: string): void {
      stopped ??= why;
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself meanwhile.
      }
    }
    function finish(said: Said): void {
      clearTimeout(timer);
      resolve(said);
    }
  });
}

function shown(err: string): string {
  const lines = err
    .trimEnd()
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.length === 0 ? ', and said nothing on stderr' : `: ${lines.slice(-SHOWN_LINES).join(' | ')}`;
}
