import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { hostName } from '../../plan/ids.ts';
import { dataFiles } from '../../server/embedded/dataDir.ts';
import { type House, openHouse } from '../support/house.ts';
import { type Round, round, shots } from './harness.ts';
import { judged } from './judge.ts';
import { MAY_LOSE_A_FATE } from './killers.ts';
import { seeded } from './random.ts';
import { LINES, SCENARIO } from './scenario.ts';
import { lineOfRound, tableOf } from './table.ts';

const ROUNDS = Number(process.env.HOLDFAST_CRASH_RUNS ?? 10);
const SEED = Number(process.env.HOLDFAST_CRASH_SEED ?? Math.floor(Math.random() * 1_000_000));
const ROUND_MS = 120_000;

describe('the judge', () => {
  const host = hostName('h');
  const evidence = { host, entries: [], words: [] };

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

describe('while things are killed', () => {
  const random = seeded(SEED);
  const rounds: Round[] = [];
  let house: House;
  let ledger: OpenLedger;

  beforeAll(async () => {
    console.log(`seed ${SEED}; again: HOLDFAST_CRASH_SEED=${SEED} HOLDFAST_CRASH_RUNS=${ROUNDS}`);
    house = await openHouse({ net: 40, hosts: 3, runbooks: { 'crash.yaml': SCENARIO } });
    ledger = openLedger({ path: dataFiles(house.dataDir).ledger });
  });
  afterAll(async () => {
    if (rounds.length > 0) console.log(`seed ${SEED}\n${tableOf(rounds)}`);
    await ledger?.close();
    await house?.[Symbol.asyncDispose]();
  });

  test.for(
    shots(ROUNDS, random, process.env.HOLDFAST_CRASH_KILL).map((shot, at) => ({ ...shot, at: at + 1 })),
  )(
    '$at: $killed at "$moment" of $line: every command runs once, or a person is asked',
    { timeout: ROUND_MS },
    async (shot) => {
      const result = await round({ house, ledger }, shot, random);
      rounds.push(result);
      console.log(lineOfRound(result));
      expect({ twice: result.duplicates, lost: result.losses, wrong: result.wrong }).toEqual({
        twice: [],
        lost: [],
        wrong: [],
      });
      if (!MAY_LOSE_A_FATE.includes(result.killed)) expect(result.unknown).toBe(0);
    },
  );
});
