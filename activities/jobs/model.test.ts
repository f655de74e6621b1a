import { describe, expect, it } from 'vitest';
import { RULES, type Rule } from './model.ts';
import { search } from './search.ts';

/** What goes wrong without each rule, found by the search with one crash. docs/remote-jobs.md says it in words. */
const NEEDED: { readonly [rule in Rule]: string } = {
  'look and act in one exec': 'a refusal was recorded for what was started',
  'one with go gets no second supervisor': 'a job was started twice',
  'clean-up leaves a tombstone': 'a refusal was recorded for what was started',
  'a new generation takes the go of older ones': 'a generation was started while an older one ran',
  'unreachable only with proof': 'unreachable was recorded for what was started',
  'refused only with proof': 'a refusal was recorded for what was started',
  'another boot is unknown': 'a job was started twice',
  'not before the old processes are gone': 'a generation was started while an older one ran',
};

/**
 * The quick part of the search: two workers, two generations, full disks and slow hosts, no mishaps; and for each rule that the
 * search, with a crash, finds what goes wrong without it. `model.real.test.ts` searches everything.
 */
describe('the job protocol, in whatever order', () => {
  it('never starts twice and never calls done what is not, where nothing crashes', () => {
    const found = search({ memory: false }, { crashes: 0, losses: 0 });
    expect(found.counterexample).toBeUndefined();
    expect(found.states).toBeGreaterThan(5_000);
  }, 60_000);

  it.each(RULES)(
    'needs the rule: %s',
    (without) => {
      expect(search({ memory: false, without }, { losses: 0 }).counterexample?.what).toBe(NEEDED[without]);
    },
    120_000,
  );
});
