import { spawn } from 'node:child_process';
import type { Environment } from './cacheFolder.ts';
import type { Progress } from './way.ts';

export type CommandResult =
  | { readonly kind: 'done'; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly stdout: string; readonly stderr: string };

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: Environment;
  /** What it reads on its standard input; default nothing. */
  readonly stdin?: string;
  /** Said once a second with the seconds so far, so that nobody takes a build for a hang. */
  readonly label?: string;
  readonly progress?: Progress;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

const KEPT_OUTPUT = 1_000_000;

/** Runs a program to its end with its output kept. That it is missing or fails is a value; only an abort throws. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env) },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  // A program that ends without reading its input is no failure of ours.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < KEPT_OUTPUT) stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_OUTPUT);
  });
  child.once('error', (error) =>
    resolve({ kind: 'failed', reason: startFailure(program, error), stdout, stderr }),
  );
  child.once('close', (code, signal) => {
    if (code === 0) resolve({ kind: 'done', stdout, stderr });
    else resolve({ kind: 'failed', reason: endFailure(program, code, signal, stderr), stdout, stderr });
  });
  const stopTicking = tick(options);
  try {
    const result = await promise;
    options.signal?.throwIfAborted();
    return result;
  } finally {
    stopTicking();
  }
}

function tick({ label, progress }: CommandOptions): () => void {
  if (label === undefined || progress === undefined) return () => {};
  const started = performance.now();
  progress(label);
  const timer = setInterval(() => {
    progress(`${label} (${Math.round((performance.now() - started) / 1000)} s)`);
  }, 1000);
  return () => clearInterval(timer);
}

function startFailure(program: string, error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT'
    ? `${program} is not on this machine`
    : `${program} did not start: ${error.message}`;
}

function endFailure(program: string, code: number | null, signal: string | null, stderr: string): string {
  const lastLine = stderr.trim().split('\n').at(-1) ?? '';
  const end = code === null ? `was ended by ${signal}` : `ended with ${code}`;
  return lastLine === '' ? `${program} ${end}` : `${program} ${end}: ${lastLine}`;
}
