import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { LookedFor } from '../../plan/rounds.ts';
import { gzipCodec } from '../../worker/payloads.ts';
import type { Looked } from './engine.ts';

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** temporal.api.enums.v1.PendingActivityState: it waits for a worker, or for its next try. */
const SCHEDULED = 1;
/** A try that has lasted so long goes better than the one before. */
const GOES_WELL_AFTER_MS = 5_000;

/** What the activities under way tell of themselves: their last signs of life, and why their last try failed. */
export async function toldBy(
  activities: readonly PendingActivity[],
  now: number,
): Promise<Pick<Looked, 'lookedFor' | 'hindered'>> {
  const lookedFor = await Promise.all(activities.map(lookedForBy));
  const hindered = activities.map((activity) => hindrance(activity, now)).find((says) => says !== undefined);
  return { lookedFor: lookedFor.flat(), ...(hindered === undefined ? {} : { hindered }) };
}

async function lookedForBy({ heartbeatDetails }: PendingActivity): Promise<readonly LookedFor[]> {
  const [payload] = await gzipCodec.decode([...(heartbeatDetails?.payloads ?? [])]);
  if (payload === undefined) return [];
  const told: unknown = defaultPayloadConverter.fromPayload(payload);
  return Array.isArray(told) ? told.filter(isLookedFor) : [];
}

/** Signs of life of other activities say other things. */
function isLookedFor(value: unknown): value is LookedFor {
  return (
    typeof value === 'object' && value !== null && 'step' in value && 'host' in value && 'until' in value
  );
}

/** A worker that died is no hindrance: somebody else goes on. */
function hindrance(activity: PendingActivity, now: number): string | undefined {
  const { lastFailure, state, attempt, lastStartedTime } = activity;
  if (!lastFailure?.applicationFailureInfo || !lastFailure.message) return undefined;
  const started = Number(lastStartedTime?.seconds ?? 0) * 1000;
  if (state !== SCHEDULED && now - started > GOES_WELL_AFTER_MS) return undefined;
  return `${lastFailure.message} It is tried again (${attempt} times so far).`;
}
