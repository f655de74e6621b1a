import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '10s' });

/** Regular activities one after the other, as any program on Temporal would do its steps. Milliseconds of each. */
export async function inSequence(times: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const since = Date.now();
    await nothing();
    took.push(Date.now() - since);
  }
  return took;
}
