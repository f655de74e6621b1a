import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';

/** Waits until it is told to stop or to let go. */
export type Waits = { wait(name: string): Promise<void> };

export type Limits = { readonly startToClose?: number; readonly heartbeat?: number; readonly local?: true };

/** A workflow of one activity, with the limits that a test gives in milliseconds. */
export async function waits(name: string, limits: Limits): Promise<void> {
  const options = {
    startToCloseTimeout: limits.startToClose ?? 60_000,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
  const { wait } =
    limits.local === true
      ? proxyLocalActivities<Waits>(options)
      : proxyActivities<Waits>({ ...options, heartbeatTimeout: limits.heartbeat ?? 5_000 });
  await wait(name);
}
