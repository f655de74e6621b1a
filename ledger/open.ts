import type { Digest, RunId } from '../plan/ids.ts';
import { type Difference, fenceOf } from './append.ts';
import { openFiles } from './files.ts';
import { follow } from './follow.ts';
import { groupCommit } from './group-commit.ts';
import type { Ledger } from './ledger.ts';
import { heldLocks, releaseLocks, takeLocks, waiters } from './locks.ts';
import { LOG_CAP_BYTES, logStore } from './logs.ts';
import { answerTo, expireAsks, openAsks, putAnswer, putAsk } from './outbox.ts';
import { blob, plan, planDigests, putBlob, putPlan } from './plans.ts';
import { type RunsFilter, runsList, viewOfRun } from './projections/queries.ts';
import { rebuild } from './projections/rebuild.ts';
import type { RunSummary } from './projections/run-summary.ts';
import type { LocksOfRun, RunView } from './projections/run-view.ts';
import { findEntries, headSize, readEntries } from './read.ts';
import { openSealed } from './sealed.ts';
import { type LogTables, logMigrations } from './store/log-tables.ts';
import { migrations } from './store/migrations.ts';
import { openStore } from './store/store.ts';
import type { Tables } from './store/tables.ts';

export type LedgerOptions = {
  /** The ledger's file; output of commands stands beside it in `PATH.logs`, files that plans name in `PATH.files`, sealed values in `PATH.sealed`. `:memory:` for one that leaves nothing. */
  readonly path: string;
  /** Milliseconds since the epoch; the machine's clock where left out. */
  readonly clock?: () => number;
  /** Told where a key was written a second time with other data. The first entry stands. */
  readonly onDifference?: (difference: Difference) => void;
  /** How many bytes are kept of one stream of output: 128 MiB unless said. */
  readonly logCapBytes?: number;
};

/** The ledger with the views that are folded from it. */
export type OpenLedger = Ledger & {
  /** Newest first. */
  runsList(filter?: RunsFilter): Promise<readonly RunSummary[]>;
  runView(run: RunId): Promise<(RunView & { readonly locks: LocksOfRun }) | undefined>;
  /** Plans whose digest begins with these four or more hexadecimal digits, at most ten. */
  planDigests(beginning: string): Promise<readonly Digest[]>;
  /** Runs that wait for locks, in order of arrival, and what for. */
  lockQueue(): Promise<readonly { readonly run: RunId; readonly names: readonly string[] }[]>;
  /** The epoch below which nothing of the run is taken: the newest one written; undefined for a run not known. */
  epoch(run: RunId): Promise<number | undefined>;
  /** Folds the run list anew from the entries. */
  rebuild(): Promise<void>;
};

/**
 * Opens the ledger, or makes it. Any number of processes on one machine may have it open; not over a network file
 * system, where SQLite's write-ahead log does not work.
 * Throws `HoldfastError`: `ledger/unwritable`, `ledger/damaged`, `ledger/newer`, `ledger/foreign`, `ledger/no-space`.
 */
export function openLedger(options: LedgerOptions): OpenLedger {
  const { path, clock = Date.now, onDifference = () => {}, logCapBytes = LOG_CAP_BYTES } = options;
  const store = openStore<Tables>(path, migrations);
  const logFile = path === ':memory:' ? path : `${path}.logs`;
  const output = openStore<LogTables>(logFile, logMigrations);
  const files = openFiles(path === ':memory:' ? undefined : `${path}.files`);
  const sealed = openSealed(path === ':memory:' ? undefined : `${path}.sealed`);

  const followers = follow(() => store.read(headSize));
  const commits = groupCommit({ store, clock, committed: followers.grewTo, differs: onDifference });

  function committed(size: number | undefined): void {
    if (size !== undefined) followers.grewTo(size);
  }

  return {
    append: commits.append,
    find: (keys) => store.read((db) => findEntries(db, keys)),
    read: (filter) => store.read((db) => readEntries(db, filter)),
    changed: followers.changed,

    putBlob: (text) => store.write((tx) => putBlob(tx, text)),
    blob: (digest) => store.read((db) => blob(db, digest)),
    async putPlan(compiled) {
      for (const file of compiled.files ?? []) await files.keep(file);
      await store.write((tx) => putPlan(tx, compiled));
    },
    planDigests: (beginning) => store.read((db) => planDigests(db, beginning)),
    plan: (digest) => store.read((db) => plan(db, digest)),
    filePart: files.read,

    async takeLocks(request) {
      const { answer, size } = await store.write((tx) => takeLocks(tx, request, clock()));
      committed(size);
      return answer;
    },
    async releaseLocks(request) {
      committed(await store.write((tx) => releaseLocks(tx, request, clock())));
    },
    locks: () => store.read(heldLocks),

    async ask(run, ask, expires) {
      const { size, differences } = await store.write((tx) => putAsk(tx, run, ask, expires, clock()));
      committed(size);
      differences.forEach(onDifference);
    },
    answered: (ask, answer) => store.write((tx) => putAnswer(tx, ask, answer)),
    async openAsks() {
      const asks = await store.read(openAsks);
      if (asks.every((ask) => ask.expires > clock())) return asks;
      committed((await store.write((tx) => expireAsks(tx, clock())))?.size);
      return store.read(openAsks);
    },
    answer: (ask) => store.read((db) => answerTo(db, ask)),

    runsList: (filter = {}) => store.read((db) => runsList(db, filter)),
    runView: (run) => store.read((db) => viewOfRun(db, run)),
    lockQueue: () => store.read(waiters),
    epoch: (run) => store.read((db) => fenceOf(db, run)),
    rebuild: () => store.write(rebuild),

    logs: logStore(output, logCapBytes),
    sealed,
    async close() {
      followers.close();
      await store.close();
      await output.close();
      await files.close();
      await sealed.close();
    },
  };
}
