import { z } from 'zod';
import { ActorView, Instant, JsonRecord, RunStatusText } from './values.ts';

/** An entry as it stands in the ledger; also the data of each server-sent event (its id is `seq`, its name `entry`). */
export const EntryView = z
  .object({
    seq: z.number().int(),
    at: Instant,
    run: z.string(),
    epoch: z.number().int(),
    actor: ActorView,
    kind: z.string(),
    key: z.string(),
    data: JsonRecord,
  })
  .meta({ id: 'Entry' });
export type EntryView = z.output<typeof EntryView>;

export const EntryList = z.object({ entries: z.array(EntryView) }).meta({ id: 'EntryList' });
export type EntryList = z.output<typeof EntryList>;

export const EntryQuery = z.object({
  run: z.string().optional(),
  kinds: z.string().optional().describe('Kinds with commas.'),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const LockList = z
  .object({
    locks: z.array(
      z.object({
        name: z.string(),
        run: z.string(),
        since: Instant,
        status: RunStatusText,
        waiting: z.array(z.string()).describe('Runs that wait for it, in the order in which they get it.'),
        says: z.string().optional().describe('Where the holder is gone: what to do about it.'),
      }),
    ),
  })
  .meta({ id: 'LockList' });
export type LockList = z.output<typeof LockList>;
