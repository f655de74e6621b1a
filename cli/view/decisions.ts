import type { EntryView } from '../../server/api/ledger.ts';
import { dataOf } from './entry.ts';
import { actor } from './text.ts';

/** What a person asked of a run and was taken: a gate that was answered, a retry, a skip, an outcome that was settled. */
export type Decision = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly by: string;
  /** `approve go_ahead`; without the step where nobody named one. */
  readonly action: string;
  readonly reason: string;
  readonly says: string;
};

export function decisionsOf(entries: readonly EntryView[]): readonly Decision[] {
  return entries.flatMap((entry) => {
    const data = dataOf(entry, 'operator.applied');
    if (data === undefined) return [];
    const { action, reason = '', says } = data;
    const step = 'step' in action && action.step !== undefined ? ` ${action.step}` : '';
    return [{ at: entry.at, by: actor(entry.actor), action: `${action.kind}${step}`, reason, says }];
  });
}
