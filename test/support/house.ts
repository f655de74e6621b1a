import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Api, createApi } from '../../cli/client/api.ts';
import { findServer } from '../../cli/client/connection.ts';
import { inventoryOf } from '../../lab/lab.ts';
import { type TestLab, type TestLabOptions, testLab } from '../../lab/testLab.ts';
import type { EntryList, EntryView } from '../../server/api/ledger.ts';
import type { PlanView } from '../../server/api/plans.ts';
import type { RunAccepted, RunView } from '../../server/api/runs.ts';
import { readServerFile, type ServerFile } from '../../server/embedded/serverFile.ts';
import {
  type CliResult,
  childrenOf,
  finished,
  gather,
  lives,
  spawnHoldfast,
  stop,
  until,
} from './processes.ts';

const LIBRARY = fileURLToPath(new URL('../../runbooks', import.meta.url));

/** A run that is held longer than this while something else is waited for will stay so. */
const HELD_MS = 15_000;

export type HouseOptions = TestLabOptions & {
  /** Runbooks of the test's own, by file name, beside the library. */
  readonly runbooks?: { readonly [file: string]: string };
  /** Another inventory than the lab's, given the lab. */
  readonly inventory?: (lab: TestLab) => Promise<string>;
  /** More arguments of `up`. */
  readonly up?: readonly string[];
  /** Left out: a new one in the temporary folder. */
  readonly data?: DataFolder;
};

/** A data folder in surroundings of its own. */
export type DataFolder = {
  /** As everybody reaches it. */
  readonly folder: string;
  /** As `up` sees it, in the surroundings that `through` leads to: the beginning of a command line that runs its rest. */
  readonly inside: string;
  readonly through: readonly string[];
};

/** Everything real: lab hosts, `holdfast up` as a process of its own, the command line that people use, and the API. */
export type House = AsyncDisposable & {
  readonly lab: TestLab;
  readonly dataDir: string;
  readonly holdfast: (...args: readonly string[]) => Promise<CliResult>;
  /** A command that is not waited for. */
  readonly spawn: (...args: readonly string[]) => ChildProcess;
  readonly api: () => Promise<Api>;
  /** Starts a run without following it, and answers its id. */
  readonly start: (runbook: string, inputs?: StartInputs) => Promise<string>;
  readonly view: (run: string) => Promise<RunView>;
  /** Waits until the run has one of these statuses; throws where it ends with another one, or stays held. */
  readonly reaches: (run: string, ...statuses: readonly RunView['status'][]) => Promise<RunView>;
  readonly entries: (run: string) => Promise<readonly EntryView[]>;
  readonly server: () => Promise<ServerFile>;
  /** kill -9; resolves when another worker was started. */
  readonly killWorker: () => Promise<void>;
  /** kill -9 of Temporal itself, not of what watches it. */
  readonly killTemporal: () => Promise<void>;
  /** kill -9 of `up`; it stays down until `up` is called. */
  readonly killServer: () => Promise<void>;
  /** Ends `up` as a person would (TERM), and answers its exit code; it stays down until `up` is called. */
  readonly down: () => Promise<number | null>;
  readonly up: () => Promise<void>;
  readonly write: (file: string, text: string | Uint8Array) => Promise<string>;
};

export type StartInputs = {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly on_failure?: 'hold' | 'fail';
};

export async function openHouse(options: HouseOptions): Promise<House> {
  const parts = new AsyncDisposableStack();
  try {
    const own = await mkdtemp(join(tmpdir(), 'holdfast-house-'));
    parts.defer(() => rm(own, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }));
    const data = options.data ?? { folder: own, inside: own, through: [] };
    const dataDir = data.folder;
    const lab = parts.use(await testLab(options));
    const folder = join(own, 'runbooks');
    const write = async (file: string, text: string | Uint8Array) => {
      const path = join(folder, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      return path;
    };
    await mkdir(folder);
    for (const [file, text] of Object.entries(options.runbooks ?? {})) await write(file, text);
    const inventory = (await options.inventory?.(lab)) ?? inventoryOf(lab);

    let running: ChildProcess | undefined;
    const started: ChildProcess[] = [];
    async function up(): Promise<void> {
      const sources = ['--inventory', inventory, '--runbooks', folder, '--runbooks', LIBRARY];
      const args = ['up', '--port', '0', ...sources, ...(options.up ?? [])];
      running = spawnHoldfast(data.inside, args, data.through);
      started.push(running);
      await ready(running);
    }
    // Also one that another `up` was started beside, by a test that went wrong.
    parts.defer(async () => void (await Promise.all(started.map((one) => stop(one)))));
    await up();

    const server = () => until('server.json is there', () => readServerFile(join(dataDir, 'server.json')));
    const api = async () => createApi(await findServer({ data: dataDir }, {}));
    const view = async (run: string) => (await api()).get<RunView>(`/api/runs/${run}`);
    const workerOf = () => until('there is a worker', async () => (await server()).worker.pid);
    const everything = parts.move();
    return {
      lab,
      dataDir,
      write,
      up,
      server,
      api,
      view,
      spawn: (...args) => spawnHoldfast(dataDir, args),
      holdfast: (...args) => finished(spawnHoldfast(dataDir, args)),
      async start(runbook, { inputs = {}, ...others } = {}) {
        const client = await api();
        const asked = { runbook, inputs, offline: true, ...others };
        const { body: plan } = await client.post<PlanView>('/api/plans', asked);
        const { body } = await client.post<RunAccepted>('/api/runs', { plan: plan.digest, reason: 'a test' });
        return body.run;
      },
      async reaches(run, ...statuses) {
        let last: RunView | undefined;
        let heldSince: number | undefined;
        return until(
          `${run} is ${statuses.join(' or ')}`,
          async () => {
            const now = await view(run).catch(() => last);
            last = now;
            if (now === undefined || statuses.includes(now.status)) return now;
            if (now.status !== 'held') heldSince = undefined;
            else heldSince ??= performance.now();
            // What was asked of a held run takes a moment to show.
            const stays = heldSince !== undefined && performance.now() - heldSince > HELD_MS;
            if (now.ended_at === undefined && !stays) return undefined;
            throw new Error(`${run} is ${now.status}: ${now.why ?? now.held[0]?.why ?? ''}`);
          },
          90_000,
        );
      },
      async entries(run) {
        const list = await (await api()).get<EntryList>('/api/ledger', { run, limit: 1000 });
        return list.entries;
      },
      async killWorker() {
        const before = await until('there is a worker to be killed', async () => {
          const pid = await workerOf();
          return lives(pid) ? pid : undefined;
        });
        process.kill(before, 'SIGKILL');
        await until('another worker was started', async () =>
          (await workerOf()) === before ? undefined : true,
        );
      },
      async killTemporal() {
        // One that was killed a moment ago may not be there yet.
        const { guard, pid } = await until('there is a Temporal to be killed', async () => {
          const guard = (await server()).temporal.pid ?? 0;
          for (const pid of await childrenOf(guard)) {
            if ((await commandOf(pid)).includes('start-dev')) return { guard, pid };
          }
          return undefined;
        });
        process.kill(pid, 'SIGKILL');
        await until('Temporal was started again', async () =>
          (await server()).temporal.pid === guard || lives(guard) ? undefined : true,
        );
      },
      async killServer() {
        if (running !== undefined) await stop(running, 'SIGKILL');
      },
      async down() {
        if (running !== undefined) await stop(running);
        return running?.exitCode ?? null;
      },
      [Symbol.asyncDispose]: () => everything.disposeAsync(),
    };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

/** Without the guard's own subshell, whose command line is the guard's. */
async function commandOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.includes('holdfast-temporal') ? '' : text;
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
  ended.catch(() => {});
  await Promise.race([url, ended]);
}
