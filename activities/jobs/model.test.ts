import { describe, expect, it } from 'vitest';
import type { Rule } from './model.ts';
import { search } from './search.ts';

const rules: readonly Rule[] = [
  'look and act in one exec',
  'one with go gets no second supervisor',
  'clean-up leaves a tombstone',
  'a new generation takes the go of older ones',
  'unreachable only with proof',
  'another boot is unknown',
  'not before the old processes are gone',
];

describe('the job protocol, whatever happens in whatever order', () => {
  it.each([
    { memory: false, where: 'on a disk' },
    { memory: true, where: 'in memory' },
  ])(
    'never starts twice and never calls done what is not ($where)',
    ({ memory }) => {
      const found = search({ memory });
      expect(found.counterexample).toBeUndefined();
      expect(found.states).toBeGreaterThan(100_000);
    },
    120_000,
  );

  it.each(rules)('needs the rule: %s', (without) => {
    expect(search({ memory: false, without }).counterexample).toBeDefined();
  });
});
