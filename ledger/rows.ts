import type { Entry, PendingEntry } from './events.ts';
import { canonicalJson } from './leaf.ts';
import type { EntryRow } from './store/tables.ts';

/** An entry as it was committed. The row was written from an `Entry` of that kind, which is what makes the cast true. */
export function entryOf(row: EntryRow): Entry {
  return {
    seq: row.seq,
    at: row.at,
    key: row.key,
    run: row.run,
    epoch: row.epoch,
    kind: row.kind,
    actor: JSON.parse(row.actor),
    data: JSON.parse(row.data),
  } as Entry;
}

/** Whether a second write under the same key means what is stored. Who wrote it, and in which epoch, may differ. */
export function saysTheSame(stored: Entry, given: PendingEntry): boolean {
  return (
    stored.run === given.run &&
    stored.kind === given.kind &&
    canonicalJson(stored.data) === canonicalJson(given.data)
  );
}
