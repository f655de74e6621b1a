import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const LAUNCHER = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));

export type CliResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/**
 * The `holdfast` command of this checkout as a process of its own, without a terminal. `through`: the beginning of a command
 * line that runs its rest, as `nsenter …`.
 */
export function spawnHoldfast(
  dataDir: string,
  args: readonly string[],
  through: readonly string[] = [],
): ChildProcess {
  const env = { ...process.env, HOLDFAST_DATA: dataDir, NO_COLOR: '1' };
  const [program = '', ...rest] = [...through, process.execPath, LAUNCHER, ...args];
  return spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits for the end; the exit code is -1 where a signal ended it. */
export async function finished(child: ChildProcess): Promise<CliResult> {
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : -1, stdout: stdout(), stderr: stderr() };
}

export function gather(stream: NodeJS.ReadableStream | null): () => string {
  const pieces: string[] = [];
  stream?.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  return () => pieces.join('');
}

export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'exit');
  child.kill(signal);
  await closed;
}

export function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Direct children, by the kernel's own list (proc(5), `task/TID/children`). */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Asks until the answer is not undefined; throws with `what` after `withinMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  withinMs = 60_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`);
    await pause(25);
  }
}

/** Any program to its end, with what it said. */
export function run(program: string, args: readonly string[], cwd?: string): Promise<CliResult> {
  return finished(
    spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) }),
  );
}

/** A Node before 24 on this machine's PATH, where there is one. */
export async function anOldNode(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const node = join(folder, 'node');
    const { code, stdout } = await run(node, ['--version']).catch(() => ({ code: 1, stdout: '' }));
    if (code === 0 && Number(/^v(\d+)/.exec(stdout)?.[1]) < 24) return node;
  }
  return undefined;
}
