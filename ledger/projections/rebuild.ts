import type { Kysely } from 'kysely';
import { entryOf } from '../rows.ts';
import type { Tables } from '../store/tables.ts';
import { project } from './project.ts';

const ENTRIES_AT_ONCE = 5_000;

/**
 * Makes the run list, the epochs and the outbox's settlements anew from the entries alone, in a transaction of the
 * caller. Locks and what the server heard itself (`answer`) are no projections and stay.
 */
export async function rebuild(tx: Kysely<Tables>): Promise<void> {
  await tx.deleteFrom('runs').execute();
  await tx.deleteFrom('run_epoch').execute();
  await tx.updateTable('outbox').set({ settled: null }).execute();
  await tx
    .insertInto('run_epoch')
    .columns(['run', 'epoch'])
    .expression((from) =>
      from
        .selectFrom('entry')
        .select(['run', (of) => of.fn.max<number>('epoch').as('epoch')])
        .groupBy('run'),
    )
    .execute();
  for (let after = 0; ; ) {
    const rows = await tx
      .selectFrom('entry')
      .selectAll()
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(ENTRIES_AT_ONCE)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    await project(tx, rows.map(entryOf));
    after = last.seq;
  }
}
