import type { Kysely } from 'kysely';
import { HoldfastError } from '../plan/errors.ts';
import type { RunId } from '../plan/ids.ts';
import { runId } from '../plan/ids.ts';
import { appendOne, fenceOf, refuseOlder } from './append.ts';
import type { PendingEntry } from './events.ts';
import { canonicalJson } from './leaf.ts';
import type { HeldLock, LockAnswer } from './ledger.ts';
import type { Tables } from './store/tables.ts';

/** A waiter that has not asked for so long, while others did, has lost its place. */
const WAITER_EXPIRES_MS = 30_000;
/** Nobody has asked for so long: there was no worker to ask, and nobody is to blame. */
const NOBODY_ASKED_MS = 15_000;
/** A waiter's place is confirmed no more often than this, so that waiting costs few writes. */
const CONFIRM_AFTER_MS = 5_000;

type Request = { readonly run: RunId; readonly epoch: number; readonly names: readonly string[] };
type Waiter = { readonly run: RunId; readonly arrival: number; readonly names: readonly string[] };

/**
 * Takes all names or none, in a transaction of the caller. A run that waits has a place by its first ask, and nobody
 * who came later gets a name that it waits for, even a free one: so a run that needs much is not starved.
 */
export async function takeLocks(
  tx: Kysely<Tables>,
  request: Request,
  now: number,
): Promise<{ readonly answer: LockAnswer; readonly size?: number }> {
  refuseOlder(request.run, request.epoch, await fenceOf(tx, request.run));
  await refuseLate(tx, request);
  await expireWaiters(tx, now);

  const locks = await heldLocks(tx);
  const wanted = new Set(request.names);
  const own = new Set(locks.filter((lock) => lock.run === request.run).map((lock) => lock.name));
  const missing = [...wanted].filter((name) => !own.has(name)).sort();
  if (missing.length === 0) {
    await forgetWaiter(tx, request.run);
    return { answer: { taken: true } };
  }

  const held = locks.filter((lock) => lock.run !== request.run && wanted.has(lock.name));
  const ahead = await waitersAhead(tx, request.run, new Set(missing));
  if (held.length > 0 || ahead.length > 0) {
    await keepPlace(tx, request, now);
    return { answer: { taken: false, held, ahead } };
  }

  const { entries, size } = await appendOne(
    tx,
    [lockEntry('lock.taken', request, missing, await sizeOf(tx))],
    now,
  );
  const since = entries[0]?.at ?? now;
  await tx
    .insertInto('lock')
    .values(missing.map((name) => ({ name, run: request.run, since })))
    .execute();
  await forgetWaiter(tx, request.run);
  return { answer: { taken: true }, size };
}

/**
 * A run takes locks at its beginning and lets go of them at its end. A take after that is a request that was long on its
 * way (its sender gave it up and sent another): nobody would ever free what it takes.
 */
async function refuseLate(tx: Kysely<Tables>, request: Request): Promise<void> {
  const over = await tx
    .selectFrom('entry')
    .select('kind')
    .where('run', '=', request.run)
    .where('kind', 'in', ['lock.released', 'run.ended'])
    .where('epoch', '>=', request.epoch)
    .limit(1)
    .executeTakeFirst();
  if (over === undefined) return;
  throw new HoldfastError(
    'ledger/locks-released',
    `Run ${request.run} has let go of its locks already, and takes none after that.`,
    'Nothing: whoever asks lost the run, or asks a second time for what was answered.',
  );
}

/** Lets go of everything the run holds or waits for. To hold nothing is no error. Answers the ledger's new size. */
export async function releaseLocks(
  tx: Kysely<Tables>,
  request: Omit<Request, 'names'>,
  now: number,
): Promise<number | undefined> {
  refuseOlder(request.run, request.epoch, await fenceOf(tx, request.run));
  await forgetWaiter(tx, request.run);
  const rows = await tx.deleteFrom('lock').where('run', '=', request.run).returning('name').execute();
  if (rows.length === 0) return undefined;
  const names = rows.map((row) => row.name).sort();
  const entry = lockEntry('lock.released', { ...request, names }, names, await sizeOf(tx));
  return (await appendOne(tx, [entry], now)).size;
}

/** Every lock that is held, by name. */
export async function heldLocks(db: Kysely<Tables>): Promise<readonly HeldLock[]> {
  const rows = await db.selectFrom('lock').selectAll().orderBy('name').execute();
  return rows.map((row) => ({ name: row.name, run: runId(row.run), since: row.since }));
}

/** Those who wait, in order of arrival. */
export async function waiters(db: Kysely<Tables>): Promise<readonly Waiter[]> {
  const rows = await db.selectFrom('lock_waiter').selectAll().orderBy('arrival').execute();
  return rows.map((row) => ({ run: runId(row.run), arrival: row.arrival, names: JSON.parse(row.names) }));
}

/** After a time without any worker all waiters have their places still, and as long as ever to ask again. */
async function expireWaiters(tx: Kysely<Tables>, now: number): Promise<void> {
  const last = await tx
    .selectFrom('lock_waiter')
    .select((of) => of.fn.max('seen').as('seen'))
    .executeTakeFirst();
  if (last?.seen === null || last?.seen === undefined) return;
  if (Number(last.seen) < now - NOBODY_ASKED_MS)
    await tx.updateTable('lock_waiter').set({ seen: now }).execute();
  else
    await tx
      .deleteFrom('lock_waiter')
      .where('seen', '<', now - WAITER_EXPIRES_MS)
      .execute();
}

async function waitersAhead(
  tx: Kysely<Tables>,
  run: RunId,
  missing: ReadonlySet<string>,
): Promise<readonly RunId[]> {
  const all = await waiters(tx);
  const place = all.find((waiter) => waiter.run === run)?.arrival ?? Number.POSITIVE_INFINITY;
  return all
    .filter((waiter) => waiter.arrival < place && waiter.names.some((name) => missing.has(name)))
    .map((waiter) => waiter.run);
}

async function keepPlace(tx: Kysely<Tables>, request: Request, now: number): Promise<void> {
  const names = canonicalJson([...new Set(request.names)].sort());
  const last = await tx
    .selectFrom('lock_waiter')
    .select((of) => of.fn.max('arrival').as('arrival'))
    .executeTakeFirst();
  await tx
    .insertInto('lock_waiter')
    .values({ run: request.run, arrival: Number(last?.arrival ?? 0) + 1, names, seen: now })
    .onConflict((conflict) =>
      conflict
        .column('run')
        .doUpdateSet({ names, seen: now })
        .where((of) =>
          of.or([of('lock_waiter.seen', '<', now - CONFIRM_AFTER_MS), of('lock_waiter.names', '!=', names)]),
        ),
    )
    .execute();
}

async function forgetWaiter(tx: Kysely<Tables>, run: string): Promise<void> {
  await tx.deleteFrom('lock_waiter').where('run', '=', run).execute();
}

async function sizeOf(tx: Kysely<Tables>): Promise<number> {
  return (await tx.selectFrom('tree_head').select('size').executeTakeFirstOrThrow()).size;
}

/** The lock rows make a second take or release nothing, so the key has only to be new: the entry's own number. */
function lockEntry(
  kind: 'lock.taken' | 'lock.released',
  request: Request,
  names: readonly string[],
  size: number,
): PendingEntry {
  return {
    key: `${request.run}/${kind}/${size + 1}`,
    run: request.run,
    epoch: request.epoch,
    actor: { kind: 'engine' },
    kind,
    data: { names },
  };
}
