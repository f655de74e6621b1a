import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import type { PlanStepView, PlanView } from '../../server/api/plans.ts';
import { planPage } from './plan.ts';

const look = { paint: picocolors.createColors(false), columns: 100 };

function step(path: string, more: Partial<PlanStepView>): PlanStepView {
  const at = { file: 'a.yaml', line: 1, column: 1 };
  return { path, depth: 0, kind: 'run', title: path, on_failure: 'hold', at, ...more };
}

function page(steps: readonly PlanStepView[], gates: PlanView['gates'] = []): string {
  const plan: PlanView = {
    digest: 'd',
    runbook: 'main',
    summary: '',
    inputs: {},
    on_failure: 'hold',
    hosts: [],
    locks: [],
    steps: [...steps],
    gates,
    probes: [],
    asked: false,
    warnings: [],
  };
  return planPage(plan, look);
}

test('a plan names what nothing brings back, and only that', () => {
  const wipe = step('wipe', { effect: 'destroy', hosts: ['h1', 'h2'] });
  const move = step('move', { effect: 'destroy', hosts: ['h1'], rollback: true });
  expect(page([wipe, move])).toMatch(/Can't be undone\n {2}! wipe {2}h1 h2\n\n/);
  expect(page([move])).not.toContain("Can't be undone");
});

test('a plan says what is done by hand, how long it waits, and how many may fail', () => {
  const text = page(
    [
      step('cable', { kind: 'manual' }),
      step('soak', { kind: 'wait', waits_ms: 600_000 }),
      step('up', { kind: 'wait', effect: 'read', hosts: ['h1'], waits_ms: 60_000 }),
      step('put', { effect: 'change', hosts: ['h1'], serial: '25%', max_failures: '1' }),
    ],
    [{ path: 'cable', ask: 'Plug it in.', by: [], count: 1, expires_ms: 86_400_000, manual: true }],
  );
  expect(text).toMatch(/\? cable +manual/);
  expect(text).toMatch(/soak +wait +for 10 min/);
  expect(text).toMatch(/up +wait +h1 +at most 1 min/);
  expect(text).toContain('25% at a time; 1 may fail');
  expect(text).toContain('cable waits for somebody to confirm that it is done');
});
