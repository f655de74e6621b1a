import { expect, test } from 'vitest';
import type { SetStep } from '../../plan/plan.ts';
import { valuesInOrder } from './valuesInOrder.ts';

const ACCOUNT: SetStep = {
  kind: 'set',
  id: 'account',
  title: ['account'],
  at: { file: 'demo.yaml', line: 1, column: 1 },
  check: [],
  onFailure: 'hold',
  values: ['before', 'done', 'after'].map((name) => [name, { cel: '1' }]),
  choose: [],
};

test('names stand as the runbook says them, and sorted where the step is not known', () => {
  const recorded = { after: 3, before: 1, done: 2 };
  expect(Object.keys(valuesInOrder(recorded, ACCOUNT))).toEqual(['before', 'done', 'after']);
  expect(Object.keys(valuesInOrder(recorded, undefined))).toEqual(['after', 'before', 'done']);
});
