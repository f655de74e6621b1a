import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendOne } from '../append.ts';
import { aStep } from '../entries.fixture.ts';
import { readEntries } from '../read.ts';
import { migrations } from './migrations.ts';
import { openStore, type Store } from './store.ts';
import type { Tables } from './tables.ts';

let folder: string;
const stores: Store<Tables>[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

function aStore(path = join(folder, 'ledger.db')): Store<Tables> {
  const store = openStore<Tables>(path, migrations);
  stores.push(store);
  return store;
}
function append(store: Store<Tables>, id: string, title = id): Promise<unknown> {
  return store.write((tx) => appendOne(tx, [aStep(id, { title })], 1));
}
async function ids(store: Store<Tables>): Promise<readonly string[]> {
  return (await store.read((db) => readEntries(db, {}))).map((entry) => entry.key);
}

describe('opening', () => {
  test('makes the file, and folders on the way, for its owner only', () => {
    const path = join(folder, 'new', 'ledger.db');
    aStore(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
  });

  test('syncs every commit to a write-ahead log', async () => {
    const store = aStore();
    const mode = await store.read((db) => sql<{ journal_mode: string }>`PRAGMA journal_mode`.execute(db));
    const sync = await store.read((db) => sql<{ synchronous: number }>`PRAGMA synchronous`.execute(db));
    expect([mode.rows[0]?.journal_mode, sync.rows[0]?.synchronous]).toEqual(['wal', 2]);
  });

  test('finds what was written before', async () => {
    const first = aStore();
    await append(first, 'a');
    await first.close();
    expect(await ids(aStore())).toEqual([aStep('a').key]);
  });

  test('takes an older file one migration at a time, and refuses a newer one', async () => {
    const path = join(folder, 'ledger.db');
    const first = aStore(path);
    await append(first, 'a');
    await first.close();
    const next = [...migrations, { name: 'one more', sql: 'CREATE TABLE more (x INTEGER) STRICT;' }];
    const newer = openStore<Tables & { more: { x: number } }>(path, next);
    expect(await newer.read((db) => db.selectFrom('more').selectAll().execute())).toEqual([]);
    await newer.close();
    expect(() => aStore(path)).toThrow(expect.objectContaining({ code: 'ledger/newer' }));
  });

  test('leaves nothing behind of a migration that fails', async () => {
    const path = join(folder, 'ledger.db');
    await aStore(path).close();
    const broken = [
      ...migrations,
      { name: 'broken', sql: 'CREATE TABLE half (x INTEGER); CREATE NONSENSE;' },
    ];
    expect(() => openStore(path, broken)).toThrow();
    const store = aStore(path);
    const tables = await store.read((db) => sql`SELECT 1 FROM sqlite_schema WHERE name = 'half'`.execute(db));
    expect(tables.rows).toEqual([]);
  });

  test("refuses another program's database", () => {
    const path = join(folder, 'other.db');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    expect(() => aStore(path)).toThrow(expect.objectContaining({ code: 'ledger/foreign' }));
  });

  test('says which file is damaged', () => {
    const path = join(folder, 'ledger.db');
    writeFileSync(path, 'no database, but long enough to be asked for its header. '.repeat(40));
    expect(() => aStore(path)).toThrow(
      expect.objectContaining({ code: 'ledger/damaged', message: expect.stringContaining(path) }),
    );
  });

  test('says which file can not be written', () => {
    const path = join(folder, 'a-folder');
    mkdirSync(path);
    expect(() => aStore(path)).toThrow(
      expect.objectContaining({ code: 'ledger/unwritable', message: expect.stringContaining(path) }),
    );
  });
});

describe('entries are append-only', () => {
  test.each([
    ['changed', sql`UPDATE entry SET epoch = 9`],
    ['deleted', sql`DELETE FROM entry`],
    [
      'replaced',
      sql`INSERT OR REPLACE INTO entry SELECT seq, at, key, run, 9, kind, actor, data, leaf FROM entry`,
    ],
  ])('none is ever %s', async (_, statement) => {
    const store = aStore();
    await append(store, 'a');
    await expect(store.write((tx) => statement.execute(tx))).rejects.toThrow(/append-only/);
    const rows = await store.read((db) => db.selectFrom('entry').select(['seq', 'epoch']).execute());
    expect(rows.map((row) => ({ ...row }))).toEqual([{ seq: 1, epoch: 1 }]);
  });
});

describe('writing', () => {
  test('rolls back what a failed transaction did', async () => {
    const store = aStore();
    const failed = store.write(async (tx) => {
      await appendOne(tx, [aStep('a')], 1);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    await append(store, 'b');
    expect(await ids(store)).toEqual([aStep('b').key]);
  });

  test('says that no space is left, keeps nothing of that write, and goes on when there is some', async () => {
    const store = aStore();
    await append(store, 'a');
    const big = 'x'.repeat(1024 * 1024);
    await store.read((db) => sql`PRAGMA max_page_count = 60`.execute(db));
    await expect(append(store, 'b', big)).rejects.toMatchObject({ code: 'ledger/no-space' });
    expect(await ids(store)).toEqual([aStep('a').key]);
    await store.read((db) => sql`PRAGMA max_page_count = 100000`.execute(db));
    await append(store, 'c', big);
    expect(await ids(store)).toEqual([aStep('a').key, aStep('c').key]);
  });

  test('waits, with the event loop free, for another that holds the lock', async () => {
    const store = aStore();
    const other = new DatabaseSync(store.path);
    other.exec('BEGIN IMMEDIATE');
    const done = append(store, 'a');
    await new Promise((resolve) => setTimeout(resolve, 150));
    other.exec('COMMIT');
    other.close();
    await done;
    expect(await ids(store)).toEqual([aStep('a').key]);
  });
});
