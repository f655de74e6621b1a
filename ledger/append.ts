import type { Kysely } from 'kysely';
import { HoldfastError } from '../plan/errors.ts';
import type { Entry, PendingEntry } from './events.ts';
import { canonicalJson, entryText, leafHash } from './leaf.ts';
import { project } from './projections/project.ts';
import { findEntries } from './read.ts';
import { entryOf, saysTheSame } from './rows.ts';
import type { EntryRow, Tables } from './store/tables.ts';

/** SQLite takes 32,766 parameters in a statement (SQLITE_MAX_VARIABLE_NUMBER); an entry has nine. */
const ROWS_A_STATEMENT = 100;

/** A second write of a key that said something else than the first. The first one stays. */
export type Difference = { readonly stored: Entry; readonly given: PendingEntry };

/** What became of the calls of a batch, in their order. One that is refused does not touch the others. */
export type Appended = {
  readonly answers: readonly (
    | { readonly ok: true; readonly entries: readonly Entry[] }
    | { readonly ok: false; readonly error: unknown }
  )[];
  readonly differences: readonly Difference[];
  /** Number of entries now, which is the last one's `seq`. */
  readonly size: number;
};

/** Appends in a transaction that the caller has opened; throws where the one call is refused. */
export async function appendOne(
  tx: Kysely<Tables>,
  entries: readonly PendingEntry[],
  now: number,
): Promise<{ readonly entries: readonly Entry[] } & Pick<Appended, 'differences' | 'size'>> {
  const { answers, differences, size } = await appendAll(tx, [entries], now);
  const answer = answers[0];
  if (!answer?.ok) throw answer?.error;
  return { entries: answer.entries, differences, size };
}

/**
 * Appends what several callers want in one transaction, opened by the caller. `seq` has no gap and follows the order
 * of commit, because the transaction holds the file's write lock while it reads and moves the head.
 */
export async function appendAll(
  tx: Kysely<Tables>,
  calls: readonly (readonly PendingEntry[])[],
  now: number,
): Promise<Appended> {
  const all = calls.flat();
  const head = await tx.selectFrom('tree_head').select(['size', 'at']).executeTakeFirstOrThrow();
  const stored = new Map(await findEntries(tx, [...new Set(all.map((entry) => entry.key))]));
  const epochs = await epochsOf(tx, [...new Set(all.map((entry) => entry.run))]);
  // A clock that was set back must not make an entry older than the one before it.
  const at = Math.max(now, head.at);

  const fresh: Entry[] = [];
  const rows: EntryRow[] = [];
  const raised = new Map<string, number>();
  const differences: Difference[] = [];
  const answers = calls.map((call): Appended['answers'][number] => {
    try {
      const plan = judge(call, stored, epochs, head.size + fresh.length, at);
      for (const [run, epoch] of plan.raised) {
        epochs.set(run, epoch);
        raised.set(run, epoch);
      }
      for (const { entry, row } of plan.fresh) {
        stored.set(entry.key, entry);
        fresh.push(entry);
        rows.push(row);
      }
      differences.push(...plan.differences);
      return { ok: true, entries: plan.entries };
    } catch (error) {
      return { ok: false, error };
    }
  });

  const size = head.size + fresh.length;
  if (fresh.length === 0) return { answers, differences, size };
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    await tx
      .insertInto('entry')
      .values(rows.slice(from, from + ROWS_A_STATEMENT))
      .execute();
  }
  await tx.updateTable('tree_head').set({ size, at }).execute();
  for (const [run, epoch] of raised) {
    await tx
      .insertInto('run_epoch')
      .values({ run, epoch })
      .onConflict((conflict) => conflict.column('run').doUpdateSet({ epoch }))
      .execute();
  }
  await project(tx, fresh);
  return { answers, differences, size };
}

type Judged = {
  readonly entries: readonly Entry[];
  readonly fresh: readonly { readonly entry: Entry; readonly row: EntryRow }[];
  readonly raised: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
};

/** Decides over one call as a whole; nothing of it stands when it throws. */
function judge(
  call: readonly PendingEntry[],
  stored: ReadonlyMap<string, Entry>,
  epochs: ReadonlyMap<string, number>,
  size: number,
  at: number,
): Judged {
  const fresh = new Map<string, { readonly entry: Entry; readonly row: EntryRow }>();
  const raised = new Map<string, number>();
  const differences: Difference[] = [];
  const entries = call.map((given) => {
    const fence = raised.get(given.run) ?? epochs.get(given.run);
    refuseOlder(given.run, given.epoch, fence);
    if (given.epoch !== fence) raised.set(given.run, given.epoch);

    const known = stored.get(given.key) ?? fresh.get(given.key)?.entry;
    if (known) {
      if (!saysTheSame(known, given)) differences.push({ stored: known, given });
      return known;
    }
    const next = written(given, size + fresh.size + 1, at);
    fresh.set(given.key, next);
    return next.entry;
  });
  return { entries, fresh: [...fresh.values()], raised, differences };
}

/** Throws `ledger/stale-epoch`: whoever writes belongs to a walk of the run that another one has replaced. */
export function refuseOlder(run: string, epoch: number, fence: number | undefined): void {
  if (fence === undefined || epoch >= fence) return;
  throw new HoldfastError(
    'ledger/stale-epoch',
    `Run ${run} goes on in epoch ${fence}; a write of epoch ${epoch} is refused.`,
    'Nothing: this worker lost the run to a newer one and must let go of it.',
  );
}

/** The epoch below which nothing of the run is taken; undefined for a run that is not known. */
export async function fenceOf(tx: Kysely<Tables>, run: string): Promise<number | undefined> {
  return (await epochsOf(tx, [run])).get(run);
}

function written(given: PendingEntry, seq: number, at: number) {
  const actor = canonicalJson(given.actor);
  const data = canonicalJson(given.data);
  const { key, run, epoch, kind } = given;
  const leaf = leafHash(entryText({ seq, at, key, run, epoch, kind }, { actor, data }));
  const row: EntryRow = { seq, at, key, run, epoch, kind, actor, data, leaf };
  return { entry: entryOf(row), row };
}

async function epochsOf(tx: Kysely<Tables>, runs: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let from = 0; from < runs.length; from += ROWS_A_STATEMENT) {
    const rows = await tx
      .selectFrom('run_epoch')
      .selectAll()
      .where('run', 'in', runs.slice(from, from + ROWS_A_STATEMENT))
      .execute();
    for (const row of rows) found.set(row.run, row.epoch);
  }
  return found;
}
