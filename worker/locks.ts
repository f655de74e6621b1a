import { Context } from '@temporalio/activity';
import type { WorkerLedger } from '../ledger/ledger.ts';
import type { Activities } from '../workflows/port.ts';
import { withFinalFaults } from './faults.ts';

export type LockActivities = Pick<Activities, 'acquireLocks' | 'releaseLocks'>;

const ASK_AGAIN_MS = 250;

/** `acquireLocks` asks every quarter of a second; the store keeps the order of arrival. A test gives its own pace. */
export function createLocks(ledger: WorkerLedger, pace: Pace = activityPace): LockActivities {
  return {
    acquireLocks: withFinalFaults(async (request) => {
      for (;;) {
        const answer = await ledger.takeLocks(request);
        if (answer.taken) return;
        pace.heartbeat({ held: answer.held.map(({ name, run }) => ({ name, run })), ahead: answer.ahead });
        await pace.sleep(ASK_AGAIN_MS);
      }
    }),
    releaseLocks: withFinalFaults((request) => ledger.releaseLocks(request)),
  };
}

export type Pace = {
  readonly heartbeat: (details: unknown) => void;
  /** Rejects when the activity is cancelled or its worker stops. */
  readonly sleep: (ms: number) => Promise<void>;
};

const activityPace: Pace = {
  heartbeat: (details) => Context.current().heartbeat(details),
  sleep: (ms) => Context.current().sleep(ms),
};
