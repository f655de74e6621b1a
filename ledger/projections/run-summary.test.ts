import { describe, expect, test } from 'vitest';
import { digest, hostName, stepInstance } from '../../plan/ids.ts';
import type { OperatorAction } from '../../plan/operator.ts';
import { anEntry, aStep, PERSON, RUN, requestedRun } from '../entries.fixture.ts';
import type { Entry, PendingEntry } from '../events.ts';
import { type RunSummary, summarise } from './run-summary.ts';

const STEP = stepInstance('join[h1]/start');
const H1 = hostName('h1');
const H2 = hostName('h2');

function folded(...entries: readonly PendingEntry[]): RunSummary | undefined {
  return entries
    .map((entry, index): Entry => ({ ...entry, seq: index + 1, at: (index + 1) * 10 }))
    .reduce(summarise, undefined as RunSummary | undefined);
}
const started = anEntry('run.started', '1', { plan: digest('d') });
function held(step = STEP, hosts = [H1, H2]): PendingEntry {
  return anEntry('run.held', step, { step, hosts, why: 'h1: failed', offers: ['retry', 'skip', 'abort'] });
}
function gate(count = 1): PendingEntry {
  const asked = { ask: 'Go on?', by: ['ops'], count, expires: 99, shown: {}, shownDigest: 'x', round: 1 };
  return anEntry('gate.opened', '1', { step: STEP, ...asked });
}
function applied(point: string, action: OperatorAction): PendingEntry {
  return anEntry('operator.applied', point, { ask: 'a', says: 'Taken.', action, point });
}
const ended = anEntry('run.ended', '1', { status: 'failed', why: 'aborted' });
const status = (...entries: readonly PendingEntry[]) => folded(requestedRun(), started, ...entries)?.status;

test('a run that was never requested has no summary', () => {
  expect(folded(started, aStep('a'))).toBeUndefined();
});

test('says who asked for what and why, when, and what came of it', () => {
  expect(folded(requestedRun(), started, aStep('a'), ended)).toEqual({
    run: RUN,
    runbook: 'etcd/rebuild',
    plan: 'd',
    by: PERSON,
    reason: 'quorum lost',
    status: 'failed',
    why: 'aborted',
    requestedAt: 10,
    startedAt: 20,
    endedAt: 40,
    updatedAt: 40,
    lastSeq: 4,
    held: [],
    gates: [],
  });
});

describe('status', () => {
  test('goes from requested to running to its end', () => {
    expect(folded(requestedRun())?.status).toBe('requested');
    expect(status()).toBe('running');
    expect(status(ended)).toBe('failed');
  });

  test('waits while a gate is open: until enough approved, one rejected, or its step ended', () => {
    const point = `${STEP}/gate/1`;
    const approve = applied(point, { kind: 'approve' });
    expect(status(gate())).toBe('waiting');
    expect(status(gate(), approve)).toBe('running');
    expect(status(gate(2), approve)).toBe('waiting');
    expect(status(gate(2), approve, approve)).toBe('running');
    expect(status(gate(2), applied(point, { kind: 'reject' }))).toBe('running');
    const over = anEntry('step.ended', '1', { step: STEP, outcome: 'succeeded', hosts: {} });
    expect(status(gate(), over)).toBe('running');
  });

  test('is held until the step goes on, is answered, or ends', () => {
    expect(status(held())).toBe('held');
    const attempt = anEntry('attempt.started', '1', { step: STEP, host: H1, generation: 2 });
    expect(status(held(), attempt)).toBe('running');
    expect(status(held(), applied(`${STEP}/hold/1`, { kind: 'skip' }))).toBe('running');
    expect(status(held(), anEntry('step.ended', '1', { step: STEP, outcome: 'skipped', hosts: {} }))).toBe(
      'running',
    );
  });

  test('stays held for another step, and for a host that is not resolved', () => {
    const resolved = (host: typeof H1) =>
      anEntry('unknown.resolved', host, {
        step: STEP,
        host,
        generation: 1,
        outcome: 'succeeded',
        by: 'person',
      });
    expect(status(held(), held(stepInstance('b')), applied('b/hold/1', { kind: 'retry' }))).toBe('held');
    expect(status(held(), resolved(H1))).toBe('held');
    expect(status(held(), resolved(H1), resolved(H2))).toBe('running');
  });

  test('a group that is held as a whole goes on when a step in it does', () => {
    const inside = anEntry('attempt.started', '1', { step: STEP, host: H1, generation: 1 });
    expect(status(held(stepInstance('join[h1]')), inside)).toBe('running');
    expect(status(held(stepInstance('joi')), inside)).toBe('held');
  });

  test('held counts over waiting, paused over held, ended over all', () => {
    const paused = anEntry('run.paused', '1', {});
    const resumed = anEntry('run.resumed', '1', {});
    const other = held(stepInstance('b'));
    expect(status(gate(), other)).toBe('held');
    expect(status(gate(), other, paused)).toBe('paused');
    expect(status(gate(), other, paused, resumed)).toBe('held');
    expect(status(gate(), other, paused, ended)).toBe('failed');
    const continued = anEntry('run.continued', '2', { from: 1 });
    expect(status(paused, continued)).toBe('running');
    expect(status(ended, anEntry('lock.released', '1', { names: [] }))).toBe('failed');
  });

  test('a gate that nobody answered in time is held, not waiting', () => {
    expect(folded(requestedRun(), started, gate(), held())).toMatchObject({ status: 'held', gates: [] });
  });
});

test('going back it runs, and is held no more at what stopped it', () => {
  const back = anEntry('rollback.started', 'rollback', { why: 'no', steps: 2, undoes: [], leaves: [] });
  expect(folded(requestedRun(), started, held(), gate(), back)).toMatchObject({
    status: 'running',
    held: [],
    gates: [],
    rollingBackSince: 50,
  });
  const again = held(stepInstance('join[h1]/start/rollback'), [H1]);
  expect(status(held(), back, again)).toBe('held');
});
