import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostName } from '../../plan/ids.ts';
import type { Round } from './harness.ts';
import { judged } from './judge.ts';
import { LINES } from './scenario.ts';
import { openScene, type Scene } from './scene.ts';
import { volleys } from './shots.ts';
import { faultsOf, linesOf, tableOf } from './table.ts';

const SHOTS = 24;
const SEED = Number(process.env.HOLDFAST_CRASH_SEED ?? Math.floor(Math.random() * 1_000_000));
const ROUND_MS = 240_000;

describe('the judge', () => {
  const host = hostName('h');
  const evidence = { host, entries: [] };

  test('finds nothing where each command left one line', () => {
    expect(judged({ ...evidence, lines: LINES })).toEqual({ duplicates: [], losses: [], unknown: [] });
  });

  test('sees a command that ran twice, and one that never ran', () => {
    const lines = [...LINES.filter((line) => line !== 'left'), 'long'];
    expect(judged({ ...evidence, lines })).toMatchObject({
      duplicates: ['h: long, 2 times'],
      losses: ['h: left'],
    });
  });
});

/** The short form: as many different pairs of a point and a victim as it has rounds. `main.ts` is the long one. */
describe('while things are killed', () => {
  const rounds: Round[] = [];
  let scene: Scene;

  beforeAll(async () => {
    console.log(
      `seed ${SEED}; again: HOLDFAST_CRASH_SEED=${SEED} npx vitest run --project real test/crash/crash`,
    );
    scene = await openScene({ net: 40, hosts: 4, struckAtOnce: 2 });
  });
  afterAll(async () => {
    if (rounds.length > 0) console.log(`seed ${SEED}\n${tableOf(rounds)}`);
    await scene?.[Symbol.asyncDispose]();
  });

  test.for(volleys(SHOTS, SEED, { each: 3 }).map((volley, at) => ({ ...volley, at: at + 1 })))(
    'round $at: every command runs once, or a person is asked, and each is a trace of the model',
    { timeout: ROUND_MS },
    async (volley) => {
      const result = await scene.play(volley);
      rounds.push(result);
      console.log(linesOf(result).join('\n    '));
      expect(faultsOf(result)).toEqual([]);
    },
  );
});
