import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { HoldfastError } from '../../plan/errors.ts';
import { isBusy, storeError } from './errors.ts';
import { type Migration, migrate } from './migrate.ts';
import { kyselyDatabase } from './node-sqlite.ts';

/** How long one try waits inside SQLite, which stops this process's event loop meanwhile. */
const BUSY_TIMEOUT_MS = 100;
/** How long a write goes on trying, with the event loop free between tries. */
const GIVE_UP_AFTER_MS = 20_000;

/**
 * One SQLite file, open. Reads and writes of this process take turns on one connection; those of other processes
 * are kept apart by SQLite's own locks. Kept from `node:sqlite` by Kysely, from its callers by these three methods.
 */
export type Store<Tables> = {
  readonly path: string;
  /** Runs queries on the committed state. */
  read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction that holds the file's write lock from its start: what it reads can't change under
   * it. Everything is rolled back where it throws. It may await queries only: the lock is held meanwhile.
   */
  write<T>(work: (tx: Kysely<Tables>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/**
 * Opens or makes the file (0600) and brings it to the newest form. `:memory:` makes one that dies with the process.
 * Throws `HoldfastError`: `ledger/unwritable`, `ledger/damaged`, `ledger/newer`, `ledger/foreign`, `ledger/no-space`.
 */
export function openStore<Tables>(path: string, migrations: readonly Migration[]): Store<Tables> {
  const database = openDatabase(path, migrations);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) });
  let open = true;

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (!open) {
      throw new HoldfastError('ledger/closed', `The store ${path} is closed.`, 'Use it before closing it.');
    }
    try {
      return await work();
    } catch (error) {
      throw storeError(error, path);
    }
  }

  return {
    path,
    read: (work) => guarded(() => db.connection().execute(work)),
    write: (work) => guarded(() => db.connection().execute((tx) => transaction(database, tx, work))),
    async close() {
      if (!open) return;
      open = false;
      await db.connection().execute(async () => {});
      await db.destroy();
    },
  };
}

function openDatabase(path: string, migrations: readonly Migration[]): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') makeFile(path);
    database = new DatabaseSync(path, { timeout: 5_000 });
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    migrate(database, path, migrations);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return database;
  } catch (error) {
    database?.close();
    throw storeError(error, path);
  }
}

/** Made before SQLite makes it, so that nobody else can read it; its -wal and -shm files take over its mode. */
function makeFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw new HoldfastError(
      'ledger/unwritable',
      `The store ${path} can't be made or opened for writing (${error instanceof Error ? error.message : error}).`,
      'Name a file in a folder that the user who runs Holdfast may write to.',
      { cause: error },
    );
  }
}

async function transaction<Tables, T>(
  database: DatabaseSync,
  tx: Kysely<Tables>,
  work: (tx: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  await begin(tx);
  try {
    const result = await work(tx);
    await sql`COMMIT`.execute(tx);
    return result;
  } catch (error) {
    // SQLite rolls back by itself after some errors, a full disk among them.
    if (database.isTransaction) await sql`ROLLBACK`.execute(tx);
    throw error;
  }
}

async function begin<Tables>(tx: Kysely<Tables>): Promise<void> {
  const since = performance.now();
  for (;;) {
    try {
      await sql`BEGIN IMMEDIATE`.execute(tx);
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() - since > GIVE_UP_AFTER_MS) throw error;
      await pause(1 + Math.random() * 9);
    }
  }
}
