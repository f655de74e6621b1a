import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from './port.ts';
import { DEFAULT_ZONE, followQueue, zoneQueue } from './queues.ts';

const WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
/** No attempt limit: what is asked for is either done already or must be done; the job protocol makes asking again safe. */
const FOR_EVER = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' } as const;

export const ledger = proxyLocalActivities<
  Pick<Activities, 'record' | 'recall' | 'loadPlan' | 'loadTexts' | 'digest'>
>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '1m',
  retry: FOR_EVER,
  cancellationType: WAIT,
});

/** It limits itself to two seconds; the timeout and the one attempt are the safety net, after which the regular way is gone. */
export const short = proxyLocalActivities<Pick<Activities, 'startRoundLocal'>>({
  startToCloseTimeout: '3s',
  retry: { maximumAttempts: 1 },
  cancellationType: WAIT,
});

export function rounds(zone: string) {
  return proxyActivities<Pick<Activities, 'startRound'>>({
    taskQueue: zoneQueue(zone),
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: FOR_EVER,
    cancellationType: WAIT,
  });
}

/** A plan is waited for: what no worker takes soon, or takes too long, is told instead of waited for. */
export function questions(zone: string, questionMs: number) {
  return proxyActivities<Pick<Activities, 'askHosts'>>({
    taskQueue: zoneQueue(zone),
    scheduleToStartTimeout: questionMs,
    // Hosts wait for their turn; each then has its own limit.
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 3, initialInterval: '200ms' },
    cancellationType: WAIT,
  });
}

export function followers(zone: string) {
  return proxyActivities<Pick<Activities, 'followRound' | 'cancelRound'>>({
    taskQueue: followQueue(zone),
    startToCloseTimeout: '1h',
    heartbeatTimeout: '5s',
    retry: FOR_EVER,
    cancellationType: WAIT,
  });
}

export const locks = proxyActivities<Pick<Activities, 'acquireLocks' | 'releaseLocks'>>({
  taskQueue: zoneQueue(DEFAULT_ZONE),
  startToCloseTimeout: '30d',
  heartbeatTimeout: '5s',
  retry: FOR_EVER,
  cancellationType: WAIT,
});

/** Few attempts in a short time: a host that is gone, or a zone without a worker, doesn't hold the run open. */
export function closers(zone: string) {
  return proxyActivities<Pick<Activities, 'closeRun'>>({
    taskQueue: zoneQueue(zone),
    scheduleToCloseTimeout: '1m',
    startToCloseTimeout: '45s',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 3 },
    cancellationType: WAIT,
  });
}
