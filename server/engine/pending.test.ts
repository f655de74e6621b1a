import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { hostName, stepInstance } from '../../plan/ids.ts';
import type { LookedFor } from '../../plan/rounds.ts';
import { gzipCodec } from '../../worker/payloads.ts';
import { toldBy } from './pending.ts';

const NOW = 1_000_000;

function lost(index: number): LookedFor {
  const host = hostName(`host-${index}`);
  return { step: stepInstance('s'), host, since: 1, until: 2, why: 'nobody answers' };
}

async function details(value: unknown) {
  return { payloads: await gzipCodec.encode([defaultPayloadConverter.toPayload(value)]) };
}

test('hosts that are looked for are in signs of life, packed ones too; what else is told there is passed over', async () => {
  const many = Array.from({ length: 100 }, (_, index) => lost(index));
  const activities = [
    { heartbeatDetails: await details(many) },
    { heartbeatDetails: await details({ held: [], ahead: [] }) },
    { heartbeatDetails: await details([]) },
    {},
  ];
  expect(await toldBy(activities, NOW)).toEqual({ lookedFor: many });
});

test('a fault that is waited out is told, and one that is over or was the worker’s death is not', async () => {
  const lastFailure = { message: 'No space is left.', applicationFailureInfo: {} };
  const waiting = { state: 1, attempt: 3, lastFailure };
  const goesWell = { ...waiting, state: 2, lastStartedTime: { seconds: 990 } };
  const died = { ...waiting, lastFailure: { message: 'activity Heartbeat timeout', timeoutFailureInfo: {} } };
  const hindered = async (activity: object) => (await toldBy([activity], NOW)).hindered;
  expect(await hindered(waiting)).toBe('No space is left. It is tried again (3 times so far).');
  expect(await hindered({ ...goesWell, lastStartedTime: { seconds: 999 } })).toContain('No space');
  expect(await hindered(goesWell)).toBeUndefined();
  expect(await hindered(died)).toBeUndefined();
});
