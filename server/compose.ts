import type { Logger } from 'pino';
import { createSshPool } from '../activities/ssh/pool.ts';
import { openLedger } from '../ledger/open.ts';
import type { TemporalTarget } from '../worker/temporalTarget.ts';
import { DEFAULT_ZONE, zoneQueue } from '../workflows/queues.ts';
import { buildApp } from './app.ts';
import { dataFiles } from './embedded/dataDir.ts';
import { temporalEngine } from './engine/temporal.ts';
import { requireLoopback } from './identity/loopback.ts';
import { owner } from './identity/owner.ts';
import { keptToken } from './identity/token.ts';
import { inventoryReader } from './inventory/reader.ts';
import { composeParts } from './parts.ts';
import { workflowProber } from './probes/prober.ts';
import { folderRunbooks } from './runbooks/folders.ts';
import { startSweeper } from './sweeper/sweeper.ts';
import { listenForWorkers, type WorkersDoor } from './workers/listen.ts';

export type ServerOptions = {
  readonly dataDir: string;
  readonly temporal: TemporalTarget;
  /** Inventory files, read anew whenever they are needed. */
  readonly inventory: readonly string[];
  /** Folders with runbooks; where two have one of the same name, the earlier folder's is meant. */
  readonly runbooks: readonly string[];
  readonly log: Logger;
  readonly restarts: () => { readonly worker: number; readonly temporal: number };
};

export type Server = {
  readonly token: string;
  /** Answers the URL. Throws `server/not-loopback`. */
  listen(address: string, port: number): Promise<string>;
  /** Answers the URL where workers on other machines find the record. */
  listenForWorkers(door: WorkersDoor): Promise<string>;
  /** Whether a worker asks Temporal for work. */
  ready(): Promise<boolean>;
  /** Ends followers, lets the sweep under way end, and closes the ledger. */
  close(): Promise<void>;
};

/** The real server: what it is made of, from the outside in. */
export async function composeServer(options: ServerOptions): Promise<Server> {
  const { dataDir, log } = options;
  const files = dataFiles(dataDir);
  const token = await keptToken(files.token);
  const onDifference = (difference: object) =>
    log.warn({ difference }, 'a key was written again with other data');
  const ledger = openLedger({ path: files.ledger, onDifference });
  const engine = temporalEngine(options.temporal);
  const ssh = createSshPool();
  const actor = owner();
  const closing = new AbortController();
  const parts = composeParts({
    ledger,
    engine,
    ssh,
    library: folderRunbooks(options.runbooks),
    readInventory: inventoryReader(options.inventory),
    prober: workflowProber({ ledger, engine, actor, clock: Date.now }),
    actor,
    token,
    dataDir,
    log,
    clock: Date.now,
    restarts: options.restarts,
    closing: closing.signal,
  });
  const app = await buildApp(parts, log);
  const sweeper = startSweeper(parts);
  const doors: (() => Promise<void>)[] = [];

  return {
    token,
    async listen(address, port) {
      requireLoopback(address);
      return app.listen({ host: address, port });
    },
    async listenForWorkers(door) {
      const listening = await listenForWorkers(door, { ledger, tokenFile: files.workerToken, log });
      doors.push(listening.close);
      return listening.url;
    },
    async ready() {
      const pollers = await engine.pollers(zoneQueue(DEFAULT_ZONE), 'workflow').catch(() => 0);
      return pollers > 0;
    },
    async close() {
      closing.abort();
      await app.close();
      await Promise.all(doors.map((close) => close()));
      await sweeper.stop();
      await parts.outbox.close();
      await Promise.allSettled([ssh.close(), engine.close()]);
      await ledger.close();
    },
  };
}
