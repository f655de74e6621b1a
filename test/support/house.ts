import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inventoryOf } from '../../lab/lab.ts';
import { type TestLab, type TestLabOptions, testLab } from '../../lab/testLab.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../../runbooks', import.meta.url));

export type CliResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type HouseOptions = TestLabOptions & {
  /** Runbooks of the test's own, by file name, beside the library. */
  readonly runbooks?: { readonly [file: string]: string };
};

/** Everything real: lab hosts, `holdfast up` as a process of its own, and the command line that people use. */
export type House = AsyncDisposable & {
  readonly lab: TestLab;
  readonly dataDir: string;
  readonly holdfast: (...args: readonly string[]) => Promise<CliResult>;
  /** As `holdfast … -o json`; fails the test where the command does. */
  readonly json: <T>(...args: readonly string[]) => Promise<T>;
  /** Starts a run without following it, and answers its id. */
  readonly start: (runbook: string, ...args: readonly string[]) => Promise<string>;
  readonly workerPid: () => Promise<number>;
  /** kill -9; resolves when another worker was started. */
  readonly killWorker: () => Promise<void>;
  readonly write: (file: string, text: string) => Promise<void>;
};

export async function openHouse(options: HouseOptions): Promise<House> {
  const parts = new AsyncDisposableStack();
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-house-'));
    parts.defer(() => rm(dataDir, { recursive: true, force: true }));
    const lab = parts.use(await testLab(options));
    const folder = join(dataDir, 'runbooks');
    const write = async (file: string, text: string) => {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    };
    await mkdir(folder);
    for (const [file, text] of Object.entries(options.runbooks ?? {})) await write(file, text);

    const up = start(dataDir, [
      'up',
      '--port',
      '0',
      '--inventory',
      inventoryOf(lab),
      '--runbooks',
      folder,
      '--runbooks',
      LIBRARY,
    ]);
    parts.defer(() => stop(up));
    await ready(up);

    const holdfast = (...args: readonly string[]) => finished(start(dataDir, args));
    const serverFile = async () => JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8'));
    const workerPid = async (): Promise<number> => {
      for (;;) {
        const pid: unknown = (await serverFile().catch(() => undefined))?.worker?.pid;
        if (typeof pid === 'number') return pid;
        await pause(20);
      }
    };
    const everything = parts.move();
    return {
      lab,
      dataDir,
      holdfast,
      write,
      workerPid,
      async json<T>(...args: readonly string[]) {
        const { code, stdout, stderr } = await holdfast(...args, '-o', 'json');
        if (code !== 0) throw new Error(`holdfast ${args.join(' ')} exited with ${code}: ${stderr}`);
        return JSON.parse(stdout) as T;
      },
      async start(runbook, ...args) {
        const { code, stdout, stderr } = await holdfast('run', runbook, '--yes', '--detach', ...args);
        const id = stdout.trim().split(/\s+/).at(-1);
        if (code !== 0 || !id) throw new Error(`holdfast run ${runbook} exited with ${code}: ${stderr}`);
        return id;
      },
      async killWorker() {
        const before = await workerPid();
        process.kill(before, 'SIGKILL');
        while ((await workerPid()) === before) await pause(20);
      },
      [Symbol.asyncDispose]: () => everything.disposeAsync(),
    };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

function start(dataDir: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, HOLDFAST_DATA: dataDir, NO_COLOR: '1' };
  return spawn(process.execPath, [LAUNCHER, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function finished(child: ChildProcess): Promise<CliResult> {
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : -1, stdout: stdout(), stderr: stderr() };
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  const pieces: string[] = [];
  stream?.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  return () => pieces.join('');
}

/** `up` says its URL on stdout once a run could start. */
async function ready(up: ChildProcess): Promise<void> {
  const stderr = gather(up.stderr);
  const url = new Promise<void>((resolve) => {
    up.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      if (piece.includes('http://')) resolve();
    });
  });
  const ended = once(up, 'close').then(() => {
    throw new Error(`holdfast up ended: ${stderr()}`);
  });
  await Promise.race([url, ended]);
  ended.catch(() => {});
}

async function stop(up: ChildProcess): Promise<void> {
  if (up.exitCode !== null || up.signalCode !== null) return;
  const closed = once(up, 'close');
  up.kill('SIGTERM');
  await closed;
}
