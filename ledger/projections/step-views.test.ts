import { expect, test } from 'vitest';
import { hostName, stepInstance } from '../../plan/ids.ts';
import type { HostResult, Outcome } from '../../plan/outcomes.ts';
import { anEntry, aStep } from '../entries.fixture.ts';
import type { Entry, PendingEntry } from '../events.ts';
import { stepViews } from './step-views.ts';

const A = stepInstance('a');
const H1 = hostName('h1');
const H2 = hostName('h2');

function views(...entries: readonly PendingEntry[]) {
  return stepViews(
    entries.map((entry, index): Entry => ({ ...entry, seq: index + 1, at: (index + 1) * 10 })),
  );
}
const start = (host = H1, generation = 1) =>
  anEntry('attempt.started', `${host}/${generation}`, { step: A, host, generation });
const end = (over: Partial<HostResult> = {}) => {
  const result: HostResult = { host: H1, generation: 1, outcome: 'failed', rc: 1, reason: 'no', ...over };
  return anEntry('attempt.ended', 'e', { step: A, result });
};

test('steps stand in the order in which they started, hosts in the order of the step', () => {
  const [b, a] = views(aStep('b', { hosts: [H2, H1] }), aStep('a'));
  expect([b?.step, a?.step]).toEqual(['b', 'a']);
  expect(b?.hosts.map((cell) => [cell.host, cell.state])).toEqual([
    ['h2', 'pending'],
    ['h1', 'pending'],
  ]);
});

test('a cell runs, then says how it ended, with times and reason', () => {
  expect(views(aStep('a'), start())[0]?.hosts).toEqual([
    { host: H1, state: 'running', generation: 1, startedAt: 20 },
  ]);
  expect(views(aStep('a'), start(), end())[0]?.hosts).toMatchObject([
    { state: 'ended', outcome: 'failed', startedAt: 20, endedAt: 30, result: { rc: 1, reason: 'no' } },
  ]);
});

test('the newest generation counts, also where an older attempt is heard of late', () => {
  const opened = anEntry('generation.opened', '2', {
    step: A,
    hosts: [H1],
    generation: 2,
    by: 'retry',
    notBefore: 99,
  });
  expect(views(start(), end(), opened)[0]?.hosts).toMatchObject([
    { state: 'retrying', generation: 2, notBefore: 99, result: { generation: 1 } },
  ]);
  const [row] = views(start(), opened, start(H1, 2), end(), end({ generation: 2, outcome: 'succeeded' }));
  expect(row?.hosts).toMatchObject([{ state: 'ended', generation: 2, outcome: 'succeeded', startedAt: 30 }]);
});

test('a person, or done, settles what could not be known', () => {
  const resolved = anEntry('unknown.resolved', '1', {
    step: A,
    host: H1,
    generation: 1,
    outcome: 'succeeded',
    by: 'done',
  });
  expect(views(start(), end({ outcome: 'unknown' }), resolved)[0]?.hosts).toMatchObject([
    { outcome: 'succeeded', resolvedBy: 'done', result: { outcome: 'unknown' } },
  ]);
});

test("a step's end settles every host it names, those too that never started", () => {
  const over = anEntry('step.ended', 'a', {
    step: A,
    outcome: 'failed',
    hosts: { h1: 'succeeded', h2: 'skipped' },
    why: 'one was skipped',
  });
  const [row] = views(aStep('a', { hosts: [H1, H2] }), start(), end({ outcome: 'succeeded' }), over);
  expect(row).toMatchObject({ startedAt: 10, endedAt: 40, outcome: 'failed', why: 'one was skipped' });
  expect(row?.hosts.map((cell) => [cell.state, cell.outcome, cell.endedAt])).toEqual([
    ['ended', 'succeeded', 30],
    ['ended', 'skipped', 40],
  ]);
});

test('a wait shows until when, while it lasts', () => {
  const waits = anEntry('wait.started', 'a', { step: A, until: 500 });
  expect(views(waits)[0]?.waitsUntil).toBe(500);
  const over = anEntry('step.ended', 'a', { step: A, outcome: 'succeeded', hosts: {} });
  expect(views(waits, over)[0]).not.toHaveProperty('waitsUntil');
});

test('what a person skips or settles has the person’s reason, until it runs again', () => {
  const ask = { ask: 'x', reason: 'moved by hand', expires: 9 };
  const skip = { kind: 'skip' } as const;
  const skipped = [
    aStep('a', { hosts: [H1, H2] }),
    start(),
    end(),
    anEntry('operator.asked', 'x', { ...ask, action: skip }),
    anEntry('operator.applied', 'x', { ask: 'x', says: '', action: skip, point: 'a/hold/1' }),
  ];
  expect(views(...skipped)[0]?.hosts.map(({ decided }) => decided)).toEqual(['moved by hand', undefined]);
  const over = anEntry('step.ended', 'a', { step: A, outcome: 'skipped', hosts: { h1: 'skipped' } });
  expect(views(...skipped, over)[0]?.hosts[0]).toMatchObject({
    outcome: 'skipped',
    decided: 'moved by hand',
  });
  expect(views(...skipped, start(H1, 2))[0]?.hosts[0]).not.toHaveProperty('decided');

  const resolve = { kind: 'resolve', host: H2, as: 'failed' } as const;
  const resolved = views(
    aStep('a', { hosts: [H1, H2] }),
    start(H2),
    end({ host: H2, outcome: 'unknown' }),
    anEntry('operator.asked', 'x', { ...ask, action: resolve }),
    anEntry('operator.applied', 'x', { ask: 'x', says: '', action: resolve, point: 'a/hold/1' }),
  );
  expect(resolved[0]?.hosts.map(({ decided }) => decided)).toEqual([undefined, 'moved by hand']);
});

test('what was undone on a host says so in its own row; what is left there stays as it was', () => {
  const undo = aStep('a/rollback', { hosts: [H1, H2], undoes: A });
  const done = anEntry('step.ended', 'a', {
    step: A,
    outcome: 'succeeded',
    hosts: { h1: 'succeeded', h2: 'succeeded' },
  });
  const went = (h2: Outcome) =>
    anEntry('step.ended', 'a/rollback', {
      step: stepInstance('a/rollback'),
      outcome: 'rolled_back',
      hosts: { h1: 'rolled_back', h2 },
    });
  const [all, own] = views(aStep('a', { hosts: [H1, H2] }), done, undo, went('rolled_back'));
  expect([all?.outcome, ...(all?.hosts ?? []).map((cell) => cell.outcome)]).toEqual(
    Array(3).fill('rolled_back'),
  );
  expect(own).toMatchObject({ step: 'a/rollback', undoes: 'a', outcome: 'rolled_back' });
  const [some] = views(aStep('a', { hosts: [H1, H2] }), done, undo, went('skipped'));
  expect([some?.outcome, ...(some?.hosts ?? []).map((cell) => cell.outcome)]).toEqual([
    'succeeded',
    'rolled_back',
    'succeeded',
  ]);
});
