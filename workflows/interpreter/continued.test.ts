import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import type { Step } from '../../plan/plan.ts';
import { type Told, told } from './continued.fixture.ts';
import { storyOf } from './stories.fixture.ts';
import { gateStep, once as one, planOf, runStep } from './walk.fixture.ts';

const FEW = { numRuns: 40 };
/** Of a machine that has other things to do; quiet it takes a second. */
const TIMEOUT_MS = 60_000;

/** Times, and how often a gate that several branches ask was asked by then. */
const WHEN: readonly string[] = [
  'expires',
  'until',
  'notBefore',
  'startedAt',
  'endedAt',
  'round',
  'shownDigest',
];

/** What stands in the record, without when and in which order. */
function saidIn(record: ReadonlyMap<string, Entry>): readonly string[] {
  return [...record.values()]
    .map(({ key, kind, data }) => {
      const timeless = JSON.stringify(data, (name, value) => (WHEN.includes(name) ? undefined : value));
      return `${key} ${kind} ${timeless}`;
    })
    .toSorted();
}

function same(continued: Told, whole: Told): void {
  expect(continued.end).toEqual(whole.end);
  expect(continued.launches.toSorted()).toEqual(whole.launches.toSorted());
  expect(saidIn(continued.record)).toEqual(saidIn(whole.record));
}

function nothingTwice({ launches, askedAgain, record }: Told): void {
  expect(launches.length).toBe(new Set(launches).size);
  expect(askedAgain).toBe(0);
  expect([...record.values()].filter(({ kind }) => kind === 'run.ended')).toHaveLength(1);
}

/** A place now and then, the same for a seed. */
function nowAndThen(seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 30 === 0;
  };
}

describe('a run that is continued as new', { timeout: TIMEOUT_MS }, () => {
  it('wherever something new was done comes to the same end by the same commands, and asks nothing again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const story = storyOf(seed);
        const continued = await told(story, () => true);
        same(continued, await told(story));
        nothingTwice(continued);
        expect(continued.executions).toBeGreaterThan(1);
      }),
      FEW,
    );
  });

  it('now and then does the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (seed, places) => {
        const story = storyOf(seed);
        const continued = await told(story, nowAndThen(places));
        same(continued, await told(story));
        nothingTwice(continued);
      }),
      FEW,
    );
  });

  it('is paused on where it was paused, and lets what had begun go on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const story = { ...storyOf(seed), unasked: { kind: 'pause' } } as const;
        const continued = await told(story, () => true);
        const whole = await told(storyOf(seed));
        expect(continued.end).toEqual(whole.end);
        expect(continued.launches.toSorted()).toEqual(whole.launches.toSorted());
        nothingTwice(continued);
        const paused = [...continued.record.values()].filter(({ kind }) => kind === 'run.paused');
        const resumed = [...continued.record.values()].filter(({ kind }) => kind === 'run.resumed');
        expect(resumed).toHaveLength(paused.length);
      }),
      FEW,
    );
  });

  it('starts nothing after an abort, and ends', async () => {
    for (const rollback of [false, true]) {
      await fc.assert(
        fc.asyncProperty(fc.nat(), async (seed) => {
          const story = { ...storyOf(seed), unasked: { kind: 'abort', rollback } } as const;
          const continued = await told(story, nowAndThen(seed));
          nothingTwice(continued);
          const after = continued.launchesAfterUnasked.filter((launch) => !launch.includes('/rollback '));
          expect(after).toEqual([]);
        }),
        FEW,
      );
    }
  });

  it('keeps each step to the hosts that it began with, also where others are dropped beside it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const continued = await told(storyOf(seed, { dropsBeside: true }), () => true);
        nothingTwice(continued);
        for (const launch of continued.launches) {
          const [step = '', host = ''] = launch.split(' ');
          const began = continued.record.get(`r1/step.started/${step}`);
          expect(began?.kind === 'step.started' ? began.data.hosts : []).toContain(host);
        }
      }),
      FEW,
    );
  });

  it('does not start a step on a host that was dropped before it began, however fast it comes there again', async () => {
    const slow = Array.from({ length: 20 }, (_, at) => runStep(`a${at}`));
    const drops = runStep('drops', { onFailure: 'continue' });
    const group = { ...one, kind: 'group', parallel: false } as const;
    const both: Step = {
      ...group,
      id: 'both',
      parallel: true,
      steps: [
        { ...group, id: 'left', steps: [...slow, drops] },
        {
          ...group,
          id: 'right',
          steps: [gateStep('go'), runStep('late'), gateStep('again'), runStep('last')],
        },
      ],
    };
    const { launches, end } = await told(
      {
        plan: planOf([both]),
        answer: ({ step }, { host }) => ({
          outcome: step === 'both/left/drops' && host === 'b' ? 'failed' : 'succeeded',
        }),
        person: () => ({ kind: 'approve' }),
      },
      nowAndThen(7),
    );
    expect(end).toMatchObject({ status: 'failed' });
    expect(launches.filter((launch) => /late|last/.test(launch))).toEqual([
      'both/right/late a 0',
      'both/right/late c 0',
      'both/right/last a 0',
      'both/right/last c 0',
    ]);
  });
});
