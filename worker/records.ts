import { ApplicationFailure } from '@temporalio/common';
import type { WorkerLedger } from '../ledger/ledger.ts';
import { jsonDigest } from '../plan/digest.ts';
import { PageMaker, RECALLED } from '../workflows/past.ts';
import type { Activities } from '../workflows/port.ts';
import { withFinalFaults } from './faults.ts';

/** What the workflow writes to and reads from the store. Short: they run as local activities. */
export type RecordActivities = Pick<Activities, 'record' | 'recall' | 'loadPlan' | 'loadTexts' | 'digest'>;

/** Entries read from the store in one statement. */
const AT_ONCE = 500;

export function createRecords(ledger: WorkerLedger): RecordActivities {
  return {
    record: withFinalFaults(async (entries) => {
      const last = (await ledger.append(entries)).at(-1);
      if (last === undefined) throw new TypeError('nothing to record');
      return last;
    }),

    async recall(run, after) {
      const page = new PageMaker();
      for (let from = after; ; ) {
        const entries = await ledger.read({ run, kinds: RECALLED, after: from, limit: AT_ONCE });
        for (const entry of entries) if (!page.add(entry)) return page.page(false);
        const last = entries.at(-1);
        if (last === undefined || entries.length < AT_ONCE) return page.page(true);
        from = last.seq;
      }
    },

    async loadPlan(plan) {
      return (await ledger.plan(plan)) ?? missing('plan', plan);
    },

    loadTexts: (digests) =>
      Promise.all(digests.map(async (text) => (await ledger.blob(text)) ?? missing('text', text))),

    digest: async (json) => jsonDigest(json),
  };
}

function missing(what: 'plan' | 'text', name: string): never {
  throw ApplicationFailure.nonRetryable(
    `The ${what} ${name} is not in the ledger that this worker writes to.`,
    `worker/no-${what}`,
  );
}
