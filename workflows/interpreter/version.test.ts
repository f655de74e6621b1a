import { expect, test } from 'vitest';
import type { Plan } from '../../plan/plan.ts';
import { requireKnown } from './version.ts';
import { planOf, runStep } from './walk.fixture.ts';

test('a plan of a newer Holdfast is not walked by this one', () => {
  const plan = planOf([runStep('one')]);
  expect(() => requireKnown(plan)).not.toThrow();
  const newer: Plan = JSON.parse(JSON.stringify({ ...plan, interpreter: 99 }));
  expect(() => requireKnown(newer)).toThrow('made for interpreter 99; this worker knows 1');
});
