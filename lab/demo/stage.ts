import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '../../plan/errors.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));

/** What the demo reads of a run. */
export type RunState = {
  readonly status: string;
  readonly why?: string;
  readonly outputs?: { readonly [name: string]: unknown };
  readonly steps: readonly {
    readonly step: string;
    readonly title: string;
    readonly outcome: string;
    readonly hosts: readonly {
      readonly host: string;
      readonly outcome: string;
      readonly outputs?: { readonly [name: string]: unknown };
    }[];
    readonly choice?: string;
  }[];
  readonly gates: readonly { readonly step: string; readonly ask: string }[];
  readonly held: readonly { readonly step: string; readonly why: string }[];
};

/** Says a chapter of the story, with the time since the start. */
export function teller(): (line: string) => void {
  const startedAt = Date.now();
  return (line) => {
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
    console.log(`${seconds} s  ${line}`);
  };
}

/** Passes on what a long fetch says of itself every second: each new thing at once, the same with other figures now and then. */
export function atTimes(say: (line: string) => void): (line: string) => void {
  const EVERY_MS = 10_000;
  let last = { words: '', at: 0 };
  return (line) => {
    const words = line.replace(/\d+/g, '');
    if (words === last.words && Date.now() - last.at < EVERY_MS) return;
    last = { words, at: Date.now() };
    say(line);
  };
}

/** The `holdfast` command with the demo's own data folder. */
export class Stage {
  readonly dataDir: string;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  /** Starts `holdfast up` so that it goes on after the demo; resolves when a run could start. */
  async up(): Promise<void> {
    mkdirSync(this.dataDir, { recursive: true });
    const log = join(this.dataDir, 'up.log');
    const out = openSync(log, 'w');
    const child = this.#spawn(['up'], ['ignore', out, out], true);
    closeSync(out);
    child.unref();
    while (this.server() === undefined) {
      if (child.exitCode !== null) {
        throw new HoldfastError(
          'demo/up',
          `holdfast up ended: ${readFileSync(log, 'utf8')}`,
          'Mend what it says, and run the demo again.',
        );
      }
      await pause(50);
    }
  }

  /** Who serves the data folder now. */
  server():
    | { readonly url: string; readonly pid: number; readonly worker: { readonly pid?: number } }
    | undefined {
    try {
      return JSON.parse(readFileSync(join(this.dataDir, 'server.json'), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Runs a command and answers its stdout; its exit code is `code`'s to judge. */
  async holdfast(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const child = this.#spawn(args, ['ignore', 'pipe', 'pipe'], false);
    const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
    const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1)));
    return { code, stdout: stdout(), stderr: stderr() };
  }

  /** As `holdfast`, and an error where it does not end well. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.holdfast(...args);
    if (code === 0) return stdout;
    throw new HoldfastError(
      'demo/command',
      `holdfast ${args.join(' ')} exited with ${code}: ${stderr}${stdout}`,
      `Look at it: HOLDFAST_DATA=${this.dataDir} holdfast show @last`,
    );
  }

  async start(runbook: string, ...args: readonly string[]): Promise<string> {
    const words = (await this.must('run', runbook, '--yes', '--detach', ...args)).trim().split(/\s+/);
    return words.at(-1) ?? '';
  }

  async show(run: string): Promise<RunState> {
    return JSON.parse(await this.must('show', run, '-o', 'json')) as RunState;
  }

  /** kill -9; resolves when its successor was started. */
  async killWorker(): Promise<void> {
    const before = this.server()?.worker.pid;
    if (before === undefined) return;
    process.kill(before, 'SIGKILL');
    for (;;) {
      const now = this.server()?.worker.pid;
      if (now !== undefined && now !== before) return;
      await pause(20);
    }
  }

  #spawn(
    args: readonly string[],
    stdio: ['ignore', 'pipe' | number, 'pipe' | number],
    detached: boolean,
  ): ChildProcess {
    const env = { ...process.env, HOLDFAST_DATA: this.dataDir, NO_COLOR: '1' };
    return spawn(process.execPath, [LAUNCHER, ...args], { env, stdio, detached });
  }
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  const pieces: string[] = [];
  stream?.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  return () => pieces.join('');
}
