import type { Kysely } from 'kysely';
import type { Entry } from './events.ts';
import type { Ledger } from './ledger.ts';
import { entryOf } from './rows.ts';
import type { Tables } from './store/tables.ts';

const KEYS_A_STATEMENT = 500;

/** The entries under these keys, those that are there. */
export async function findEntries(
  db: Kysely<Tables>,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>();
  for (let from = 0; from < keys.length; from += KEYS_A_STATEMENT) {
    const some = keys.slice(from, from + KEYS_A_STATEMENT);
    const rows = await db.selectFrom('entry').selectAll().where('key', 'in', some).execute();
    for (const row of rows) found.set(row.key, entryOf(row));
  }
  return found;
}

/** In order of `seq`; everything after `after` where no limit is given. */
export async function readEntries(
  db: Kysely<Tables>,
  filter: Parameters<Ledger['read']>[0],
): Promise<readonly Entry[]> {
  const { run, kinds, after, limit } = filter;
  let query = db.selectFrom('entry').selectAll().orderBy('seq');
  if (run !== undefined) query = query.where('run', '=', run);
  if (kinds !== undefined) query = query.where('kind', 'in', kinds);
  if (after !== undefined) query = query.where('seq', '>', after);
  if (limit !== undefined) query = query.limit(limit);
  return (await query.execute()).map(entryOf);
}

/** Number of entries, which is the last one's `seq`. */
export async function headSize(db: Kysely<Tables>): Promise<number> {
  return (await db.selectFrom('tree_head').select('size').executeTakeFirstOrThrow()).size;
}
