import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hostName } from '../plan/ids.ts';
import type { HostResult } from '../plan/outcomes.ts';
import { saidToTake, YIELD_AFTER, YieldBudget } from './yield-budget.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function took(ms: number): HostResult {
  return { host: hostName('h1'), generation: 0, outcome: 'succeeded', startedAt: 1_000, endedAt: 1_000 + ms };
}

test('the clock alone spends nothing: it is another one when the history is replayed', () => {
  const budget = new YieldBudget();
  budget.spend(3, 100);
  vi.advanceTimersByTime(3_600_000);
  expect(budget.isSpent()).toBe(false);
});

test.each([
  ['time, as the answers tell it', (budget: YieldBudget) => budget.spend(YIELD_AFTER.ms, 0)],
  ['bytes of results', (budget: YieldBudget) => budget.spend(0, YIELD_AFTER.bytes)],
  [
    'calls',
    (budget: YieldBudget) => {
      for (let call = 0; call < YIELD_AFTER.calls; call += 1) budget.spend(0, 0);
    },
  ],
  [
    'steps that asked for nothing',
    (budget: YieldBudget) => {
      for (let step = 0; step < YIELD_AFTER.steps; step += 1) budget.step();
    },
  ],
])('it is spent by %s, and whole again when renewed', (_, spend) => {
  const budget = new YieldBudget();
  spend(budget);
  expect(budget.isSpent()).toBe(true);
  budget.renew();
  expect(budget.isSpent()).toBe(false);
});

test('a round took as long as its slowest host', () => {
  expect(saidToTake({ settled: [took(20), took(300)], running: [] })).toBe(300);
  expect(saidToTake({ settled: [], running: [] })).toBe(0);
});

test('one that left hosts running, and one of a stopping worker, leave nothing to spend', () => {
  expect(saidToTake({ settled: [took(20)], running: [hostName('h2')] })).toBe(YIELD_AFTER.ms);
  expect(saidToTake({ settled: [took(20)], running: [], stopping: true })).toBe(YIELD_AFTER.ms);
});
