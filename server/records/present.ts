import type { Entry } from '../../ledger/events.ts';
import type { EntryView } from '../api/ledger.ts';

/** An entry as the API tells it. */
export function entryView(entry: Entry): EntryView {
  const { seq, at, run, epoch, actor, kind, key, data } = entry;
  return { seq, at, run, epoch, actor, kind, key, data: data as EntryView['data'] };
}
