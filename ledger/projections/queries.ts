import type { Kysely } from 'kysely';
import type { RunId } from '../../plan/ids.ts';
import type { RunStatus } from '../../plan/outcomes.ts';
import { heldLocks, waiters } from '../locks.ts';
import { entryOf } from '../rows.ts';
import type { Tables } from '../store/tables.ts';
import type { RunSummary } from './run-summary.ts';
import { type LocksOfRun, type RunView, runView } from './run-view.ts';

export type RunsFilter = {
  readonly status?: readonly RunStatus[];
  /** Requested at or after this, milliseconds since the epoch. */
  readonly since?: number;
  readonly limit?: number;
};

/** Newest first. */
export async function runsList(db: Kysely<Tables>, filter: RunsFilter): Promise<readonly RunSummary[]> {
  let query = db.selectFrom('runs').select('summary').orderBy('requested_seq', 'desc');
  if (filter.since !== undefined) query = query.where('requested_at', '>=', filter.since);
  if (filter.status && !filter.status.includes('queued')) query = query.where('status', 'in', filter.status);
  // Who waits for locks stands in lock_waiter only, so that with `queued` the choice is made below.
  const chosenBelow = filter.status !== undefined;
  if (filter.limit !== undefined && !chosenBelow) query = query.limit(filter.limit);
  const rows = await query.execute();
  const waiting = new Set((await waiters(db)).map((waiter) => waiter.run));
  const all = rows.map((row) => withQueue(JSON.parse(row.summary), waiting));
  const chosen = all.filter((run) => filter.status?.includes(run.status) ?? true);
  return chosen.slice(0, filter.limit);
}

/** One run with everything, and its locks. */
export async function viewOfRun(
  db: Kysely<Tables>,
  run: RunId,
): Promise<(RunView & { readonly locks: LocksOfRun }) | undefined> {
  const rows = await db.selectFrom('entry').selectAll().where('run', '=', run).orderBy('seq').execute();
  const view = runView(rows.map(entryOf));
  if (!view) return undefined;
  const locks = await locksOfRun(db, run);
  const waiting = new Set<string>(locks.waiting ? [run] : []);
  return { ...view, summary: withQueue(view.summary, waiting), locks };
}

async function locksOfRun(db: Kysely<Tables>, run: RunId): Promise<LocksOfRun> {
  const locks = await heldLocks(db);
  const held = locks.filter((lock) => lock.run === run).map((lock) => lock.name);
  const all = await waiters(db);
  const own = all.find((waiter) => waiter.run === run);
  if (!own) return { held };
  const wanted = new Set(own.names);
  return {
    held,
    waiting: {
      names: own.names,
      held: locks.filter((lock) => lock.run !== run && wanted.has(lock.name)),
      ahead: all
        .filter((waiter) => waiter.arrival < own.arrival && waiter.names.some((name) => wanted.has(name)))
        .map((waiter) => waiter.run),
    },
  };
}

/** A run that waits for its locks is queued, whatever its entries say so far, until it is held, paused or ended. */
function withQueue(summary: RunSummary, waiting: ReadonlySet<string>): RunSummary {
  const before = summary.status === 'requested' || summary.status === 'running';
  return before && waiting.has(summary.run) ? { ...summary, status: 'queued' } : summary;
}
