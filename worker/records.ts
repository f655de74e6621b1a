import { ApplicationFailure } from '@temporalio/common';
import type { Entry } from '../ledger/events.ts';
import type { WorkerLedger } from '../ledger/ledger.ts';
import { jsonDigest } from '../plan/digest.ts';
import type { Activities } from '../workflows/port.ts';
import { withFinalFaults } from './faults.ts';

/** What the workflow writes to and reads from the store. Short: they run as local activities. */
export type RecordActivities = Pick<Activities, 'record' | 'recall' | 'loadPlan' | 'loadTexts' | 'digest'>;

const PAGE = 500;

export function createRecords(ledger: WorkerLedger): RecordActivities {
  return {
    record: withFinalFaults((entries) => ledger.append(entries)),

    async recall(run) {
      const found: Entry[] = [];
      for (;;) {
        const page = await ledger.read({
          run,
          kinds: ['operator.applied'],
          after: found.at(-1)?.seq ?? 0,
          limit: PAGE,
        });
        found.push(...page);
        if (page.length < PAGE) return found;
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
