import type { Kysely } from 'kysely';
import type { RunId } from '../plan/ids.ts';
import { runId } from '../plan/ids.ts';
import type { OperatorAnswer, OperatorAsk } from '../plan/operator.ts';
import { appendOne, type Difference, fenceOf } from './append.ts';
import type { PendingEntry } from './events.ts';
import { askEndKey } from './keys.ts';
import { canonicalJson } from './leaf.ts';
import type { Tables } from './store/tables.ts';

export type OpenAsk = OperatorAsk & { readonly run: RunId; readonly expires: number };
type Written = { readonly size: number; readonly differences: readonly Difference[] };

export { askEndKey };

/** Keeps the ask, with operator.asked. The same ask id again changes nothing. */
export async function putAsk(
  tx: Kysely<Tables>,
  run: RunId,
  ask: OperatorAsk,
  expires: number,
  now: number,
): Promise<Written> {
  const entry: PendingEntry = {
    key: `operator.asked/${ask.ask}`,
    run,
    epoch: (await fenceOf(tx, run)) ?? 0,
    actor: ask.actor,
    kind: 'operator.asked',
    data: { ask: ask.ask, action: ask.action, reason: ask.reason, expires },
  };
  const written = await appendOne(tx, [entry], now);
  const asked = written.entries[0]?.seq ?? written.size;
  await tx
    .insertInto('outbox')
    .values({ ask: ask.ask, run, asked, body: canonicalJson(ask), expires, answer: null, settled: null })
    .onConflict((conflict) => conflict.column('ask').doNothing())
    .execute();
  return written;
}

/** Keeps what the workflow answered; the first answer stands. */
export async function putAnswer(tx: Kysely<Tables>, ask: string, answer: OperatorAnswer): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ answer: canonicalJson(answer) })
    .where('ask', '=', ask)
    .where('answer', 'is', null)
    .execute();
}

/** What the workflow answered, or else what the ledger says became of the ask. */
export async function answerTo(db: Kysely<Tables>, ask: string): Promise<OperatorAnswer | undefined> {
  const row = await db.selectFrom('outbox').selectAll().where('ask', '=', ask).executeTakeFirst();
  const text = row?.answer ?? row?.settled;
  return text ? JSON.parse(text) : undefined;
}

/**
 * Those that the workflow has not answered, in order of asking; some may have expired. One that the ledger calls applied is
 * still among them: its workflow may have recorded that in a task which was lost with Temporal, and knows nothing of it.
 */
export async function openAsks(db: Kysely<Tables>): Promise<readonly OpenAsk[]> {
  const rows = await unanswered(db);
  return rows
    .filter(({ settled }) => settled === null || (JSON.parse(settled) as OperatorAnswer).taken)
    .map(openAsk);
}

function unanswered(db: Kysely<Tables>) {
  return db.selectFrom('outbox').selectAll().where('answer', 'is', null).orderBy('asked').execute();
}

function openAsk(row: { readonly body: string; readonly run: string; readonly expires: number }): OpenAsk {
  return { ...JSON.parse(row.body), run: runId(row.run), expires: row.expires };
}

/** Ends what nobody took in time, with operator.expired. */
export async function expireAsks(tx: Kysely<Tables>, now: number): Promise<Written | undefined> {
  const open = (await unanswered(tx)).filter(({ settled }) => settled === null).map(openAsk);
  const late = open.filter((ask) => ask.expires <= now);
  if (late.length === 0) return undefined;
  const entries: PendingEntry[] = [];
  for (const ask of late) {
    entries.push({
      key: askEndKey(ask.ask),
      run: ask.run,
      epoch: (await fenceOf(tx, ask.run)) ?? 0,
      actor: { kind: 'engine' },
      kind: 'operator.expired',
      data: { ask: ask.ask },
    });
  }
  return appendOne(tx, entries, now);
}
