import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import { type Told, told } from './continued.fixture.ts';
import { storyOf } from './stories.fixture.ts';

const RUNS = { numRuns: 150 };

/** Times, and how often a gate that several branches ask was asked by then. */
const WHEN: readonly string[] = ['expires', 'notBefore', 'startedAt', 'endedAt', 'round', 'shownDigest'];

/** What stands in the record, without when and in which order. */
function saidIn(record: ReadonlyMap<string, Entry>): readonly string[] {
  return [...record.values()]
    .map(({ key, kind, data }) => {
      const timeless = JSON.stringify(data, (name, value) => (WHEN.includes(name) ? undefined : value));
      return `${key} ${kind} ${timeless}`;
    })
    .toSorted();
}

function once(launches: readonly string[]): void {
  expect(launches.length).toBe(new Set(launches).size);
}

function sorted({ end, launches }: Told) {
  return { end, launches: launches.toSorted() };
}

describe('a run that is continued as new', () => {
  it('wherever something new was done comes to the same end by the same commands, and asks nothing again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const story = storyOf(seed);
        const whole = await told(story);
        const continued = await told(story, () => true);
        once(continued.launches);
        expect(sorted(continued)).toEqual(sorted(whole));
        expect(saidIn(continued.record)).toEqual(saidIn(whole.record));
        expect(continued.askedAgain).toBe(0);
      }),
      RUNS,
    );
  });
});
