import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../plan/errors.ts';
import { cacheFolder } from '../toolbox/cacheFolder.ts';
import { findProgram } from '../toolbox/findProgram.ts';
import { openLog } from '../worker/log.ts';
import { type TemporalTarget, temporalArguments } from '../worker/temporalTarget.ts';
import { composeServer, type ServerOptions } from './compose.ts';
import { isFull, type Room, roomFor } from './doctor/room.ts';
import { type DataFiles, dataFiles, defaultDataDir } from './embedded/dataDir.ts';
import { takeFolderLock } from './embedded/folderLock.ts';
import { freePort, portIsFree } from './embedded/freePort.ts';
import { endLeftoverWorker, leftoverIsGone } from './embedded/leftover.ts';
import { portOf, readPorts, writePorts } from './embedded/ports.ts';
import { readServerFile, removeServerFile, type ServerFile, writeServerFile } from './embedded/serverFile.ts';
import type { SupervisedEvent } from './embedded/supervise.ts';
import { superviseTemporal, temporalAnswers } from './embedded/temporal.ts';
import { superviseWorker } from './embedded/worker.ts';
import { keepSealingKey } from './identity/sealingKey.ts';
import { noRoom } from './runs/hindrances.ts';
import type { WorkersDoor } from './workers/listen.ts';

export { dataFiles, defaultDataDir } from './embedded/dataDir.ts';
export { readServerFile, type ServerFile } from './embedded/serverFile.ts';

export const DEFAULT_PORT = 7411;

export type UpOptions = Pick<ServerOptions, 'inventory' | 'runbooks'> & {
  /** Left out: `$HOLDFAST_DATA`, or the user's data folder. */
  readonly dataDir?: string;
  /** Left out: the one that this data folder had last, or 7411, or any that is free. Named: that one or an error. */
  readonly port?: number;
  /** Loopback only. */
  readonly address?: string;
  /** A Temporal that runs already; left out: one of our own. */
  readonly temporal?: TemporalTarget;
  /** The file with the key for sensitive outputs. Left out: `sealing-key` in the data folder, made there. */
  readonly sealingKey?: string;
  /** Lets workers on other machines in; left out: none. */
  readonly workers?: WorkersDoor;
  readonly progress?: (line: string) => void;
};

export type Up = {
  readonly url: string;
  readonly token: string;
  readonly dataDir: string;
  readonly temporalAddress: string;
  /** Where workers on other machines find the record, if they may. */
  readonly workersUrl?: string;
  readonly workerPid: () => number | undefined;
  readonly temporalPid: () => number | undefined;
  /** Stops everything in order: no new requests, the worker lets go, Temporal last. Remote jobs go on and are found again. */
  readonly stop: () => Promise<void>;
};

const NAMESPACE = 'default';
const TEMPORAL_READY_MS = 30_000;
/** One that somebody else runs is up already or is not there. */
const FOREIGN_TEMPORAL_MS = 5_000;
const WORKER_READY_MS = 60_000;
const LOOK_AGAIN_MS = 25;
/** Longer than a worker takes that lets go, or gives up what does not. */
const WORKER_GRACE_MS = 10_000;
const TEMPORAL_GRACE_MS = 10_000;

/**
 * Starts Temporal, a worker and the server, all on loopback and with their data in one folder, and resolves when a run could
 * start. What dies is started again; when this process dies, the others end by themselves.
 * Throws `up/running`, `up/port-taken`, `up/leftover`, `up/no-space`, `server/not-loopback`, `engine/unreachable`, or what finding Temporal throws.
 */
export async function up(options: UpOptions): Promise<Up> {
  const progress = options.progress ?? (() => {});
  const dataDir = options.dataDir ?? defaultDataDir();
  const files = dataFiles(dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // What was started, to be stopped in the opposite order.
  const started = new AsyncDisposableStack();
  try {
    // Neither the lock nor Temporal's file can be made without.
    const full = (await roomFor(dataDir)).filter(isFull);
    if (full.length > 0) throw withoutRoom(full);
    const lock = takeFolderLock(files.lock);
    if (!lock) throw await running(dataDir, files);
    started.defer(lock.release);

    const log = openLog(files.logs.server, 'server');
    const earlier = await readServerFile(files.server);
    const leftover = { pid: earlier?.worker.pid, mark: files.ledger, withinMs: WORKER_GRACE_MS };
    const killed = (pid: number) => log.warn({ pid }, 'a worker of an earlier Holdfast had to be killed');
    started.use(endLeftoverWorker({ ...leftover, killed }));
    const ports = await readPorts(files.ports);
    const port = await portFor(options, ports.server);
    const say = (what: string) => (event: SupervisedEvent) => {
      log[event.kind === 'ended' ? 'warn' : 'info']({ ...event }, `${what} ${event.kind}`);
      if (event.kind === 'ended') progress(`${what} ended (${event.why}); starting it again`);
      publish();
    };
    // Written anew whenever a process changes, once the server listens: one after the other, as they share a file.
    let url: string | undefined;
    const startedAt = Date.now();
    let published = Promise.resolve();
    function publish(): Promise<void> {
      published = published.then(async () => {
        if (url === undefined) return;
        const pids = { temporal: { address, ...pidOf(temporal?.pid()) }, worker: pidOf(worker.pid()) };
        await writeServerFile(files.server, { url, pid: process.pid, ...pids, startedAt }).catch(
          (error: unknown) => log.warn({ err: error }, 'server.json could not be written'),
        );
      });
      return published;
    }

    const temporal =
      options.temporal === undefined
        ? await ownTemporal(files, ports.temporal, earlier, progress, say)
        : undefined;
    if (temporal) started.defer(() => temporal.stop(TEMPORAL_GRACE_MS));
    const target = options.temporal ?? { address: temporal?.address ?? '', namespace: NAMESPACE };
    const { address } = target;

    // Before anything is started that would only complain of it.
    if (!temporal) await temporalAnswers(target, FOREIGN_TEMPORAL_MS);

    if (options.sealingKey === undefined) await keepSealingKey(files.sealingKey);
    let workerIsReady = () => {};
    const workerReady = new Promise<void>((resolve) => {
      workerIsReady = resolve;
    });
    const worker = superviseWorker({
      args: [
        ...temporalArguments(target),
        ...['--data', dataDir, '--ledger', files.ledger],
        ...['--sealing-key', options.sealingKey ?? files.sealingKey],
        ...['--bundles', join(cacheFolder(), 'workflow-bundles')],
      ],
      errors: files.logs.workerErrors,
      changed: say('worker'),
      ready: () => workerIsReady(),
    });
    started.defer(() => worker.stop(WORKER_GRACE_MS));

    if (temporal) await temporalAnswers(target, TEMPORAL_READY_MS, files.logs.temporal);
    const server = await composeServer({
      ...options,
      dataDir,
      temporal: target,
      log,
      restarts: () => ({ worker: worker.restarts(), temporal: temporal?.restarts() ?? 0 }),
    });
    started.defer(() => server.close());
    const workersUrl = options.workers && (await server.listenForWorkers(options.workers));
    url = await server.listen(options.address ?? '127.0.0.1', port);
    started.defer(() => removeServerFile(files.server));
    await rememberPorts(files, url, temporal?.address);
    await within(WORKER_READY_MS, workerReady, files);
    while (!(await server.ready())) await pause(LOOK_AGAIN_MS);
    await publish();

    const everything = started.move();
    let stopped: Promise<void> | undefined;
    return {
      url,
      token: server.token,
      dataDir,
      temporalAddress: address,
      ...(workersUrl === undefined ? {} : { workersUrl }),
      workerPid: worker.pid,
      temporalPid: () => temporal?.pid(),
      stop: () => {
        url = undefined;
        stopped ??= everything.disposeAsync();
        return stopped;
      },
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

/** Resolves when a signal has come and everything is stopped. A second signal ends this process at once; the rest follows by itself. */
export async function stopOnSignal(running: Up, progress: (line: string) => void = () => {}): Promise<void> {
  await new Promise<void>((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
  progress('stopping; runs go on where they are when Holdfast is up again');
  await running.stop();
}

async function ownTemporal(
  files: DataFiles,
  lastPort: number | undefined,
  earlier: ServerFile | undefined,
  progress: (line: string) => void,
  say: (what: string) => (event: SupervisedEvent) => void,
) {
  const program = await findProgram('temporal', undefined, { progress });
  if (!(await leftoverIsGone(earlier?.temporal.pid, files.temporal))) {
    throw new HoldfastError(
      'up/leftover',
      `A Temporal that an earlier Holdfast started still uses ${files.temporal} (process ${earlier?.temporal.pid}).`,
      `End it with: kill ${earlier?.temporal.pid}`,
    );
  }
  const port = await freePort(lastPort);
  const supervised = superviseTemporal({
    program: program.path,
    database: files.temporal,
    port,
    log: files.logs.temporal,
    changed: say('Temporal'),
  });
  return { ...supervised, address: `127.0.0.1:${port}` };
}

async function portFor(options: UpOptions, lastPort: number | undefined): Promise<number> {
  const address = options.address ?? '127.0.0.1';
  if (options.port === undefined) return freePort(lastPort ?? DEFAULT_PORT, address);
  if (options.port === 0 || (await portIsFree(options.port, address))) return options.port;
  throw new HoldfastError(
    'up/port-taken',
    `Port ${options.port} on ${address} is taken by another program.`,
    'Leave --port out to get one that is free, or name another.',
  );
}

async function running(dataDir: string, files: DataFiles): Promise<HoldfastError> {
  const other = await readServerFile(files.server);
  const where = other ? ` at ${other.url} (process ${other.pid})` : ', still starting';
  return new HoldfastError(
    'up/running',
    `Holdfast is up already for ${dataDir}${where}.`,
    other
      ? `Use that one, end it with \`kill ${other.pid}\`, or name another folder with --data.`
      : 'Wait for it, or name another folder with --data.',
  );
}

function withoutRoom(full: readonly Room[]): HoldfastError {
  const folders = full.map(({ folder }) => folder).join(' and ');
  return new HoldfastError(
    'up/no-space',
    `Holdfast can't start: ${full.map(noRoom).join('; ')}.`,
    `Make room in ${folders}, then start it again: runs go on where they are.`,
  );
}

async function within(ms: number, ready: Promise<void>, files: DataFiles): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const says = `No worker was ready within ${ms / 1000} s.`;
      reject(
        new HoldfastError('up/no-worker', says, `See ${files.logs.worker} and ${files.logs.workerErrors}.`),
      );
    }, ms);
  });
  await Promise.race([ready, late]).finally(() => clearTimeout(timer));
}

function pidOf(pid: number | undefined): { readonly pid?: number } {
  return pid === undefined ? {} : { pid };
}

async function rememberPorts(files: DataFiles, url: string, temporal: string | undefined): Promise<void> {
  const server = portOf(url);
  const ofTemporal = temporal === undefined ? undefined : portOf(temporal);
  await writePorts(files.ports, {
    ...(server === undefined ? {} : { server }),
    ...(ofTemporal === undefined ? {} : { temporal: ofTemporal }),
  });
}
