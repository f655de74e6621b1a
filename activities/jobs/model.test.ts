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

/**
 * The quick part of the search: every interleaving of two workers, two generations and one lost connection without a
 * crash, and for each rule that the search, with all mishaps, finds what goes wrong without it.
 * `model.real.test.ts` searches everything.
 */
describe('the job protocol, in whatever order', () => {
  it('never starts twice and never calls done what is not, where a connection is lost', () => {
    const found = search({ memory: false }, { crashes: 0 });
    expect(found.counterexample).toBeUndefined();
    expect(found.states).toBeGreaterThan(30_000);
  }, 60_000);

  it.each(rules)(
    'needs the rule: %s',
    (without) => {
      expect(search({ memory: false, without }).counterexample).toBeDefined();
    },
    60_000,
  );
});
