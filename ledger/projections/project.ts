import type { Kysely } from 'kysely';
import type { OperatorAnswer } from '../../plan/operator.ts';
import type { Entry } from '../events.ts';
import { canonicalJson } from '../leaf.ts';
import type { Tables } from '../store/tables.ts';
import { type RunSummary, summarise } from './run-summary.ts';

/** Brings what is folded from entries up to date, in the transaction that appends them. `entries` in order of `seq`. */
export async function project(tx: Kysely<Tables>, entries: readonly Entry[]): Promise<void> {
  for (const [run, ofRun] of Map.groupBy(entries, (entry) => entry.run)) await foldRun(tx, run, ofRun);
  for (const entry of entries) {
    const settled = settlement(entry);
    if (settled) {
      await tx
        .updateTable('outbox')
        .set({ settled: canonicalJson(settled.answer) })
        .where('ask', '=', settled.ask)
        .where('settled', 'is', null)
        .execute();
    }
    // Nothing asks for locks any more in its name; those behind it need not wait until it is forgotten.
    if (entry.kind === 'run.ended') {
      await tx.deleteFrom('lock_waiter').where('run', '=', entry.run).execute();
    }
  }
}

async function foldRun(tx: Kysely<Tables>, run: string, entries: readonly Entry[]): Promise<void> {
  const row = await tx.selectFrom('runs').select('summary').where('run', '=', run).executeTakeFirst();
  const before: RunSummary | undefined = row && JSON.parse(row.summary);
  const after = entries.reduce(summarise, before);
  if (!after) return;
  const { status, requestedAt } = after;
  const summary = canonicalJson(after);
  if (before) {
    await tx.updateTable('runs').set({ status, summary }).where('run', '=', run).execute();
    return;
  }
  const requested = entries.find((entry) => entry.kind === 'run.requested');
  const requested_seq = requested?.seq ?? after.lastSeq;
  await tx
    .insertInto('runs')
    .values({ run, requested_seq, requested_at: requestedAt, status, summary })
    .execute();
}

/** What an entry says became of an ask, in the words of an answer. */
function settlement(entry: Entry): { readonly ask: string; readonly answer: OperatorAnswer } | undefined {
  switch (entry.kind) {
    case 'operator.applied':
      return { ask: entry.data.ask, answer: { taken: true, says: entry.data.says } };
    case 'operator.refused':
      return {
        ask: entry.data.ask,
        answer: { taken: false, why: entry.data.why, mend: `See \`holdfast show ${entry.run}\`.` },
      };
    case 'operator.expired':
      return {
        ask: entry.data.ask,
        answer: {
          taken: false,
          why: 'The run did not take it in time, so it expired and was not applied.',
          mend: `See \`holdfast show ${entry.run}\`, and ask again where it is still wanted.`,
        },
      };
    default:
      return undefined;
  }
}
