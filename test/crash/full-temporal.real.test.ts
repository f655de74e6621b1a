import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FullTemporal, fullTemporal } from '../../lab/temporal/fullTemporal.ts';
import { openFullHouse } from '../support/fullHouse.ts';
import type { House, HouseOptions } from '../support/house.ts';
import type { Round } from './harness.ts';
import { openScene, type Scene } from './scene.ts';
import { volleys } from './shots.ts';
import { faultsOf, linesOf, tableOf } from './table.ts';

const ROUNDS = Number(process.env.HOLDFAST_CRASH_RUNS ?? 4);
const SEED = Number(process.env.HOLDFAST_CRASH_SEED ?? Math.floor(Math.random() * 1_000_000));
const ONLY = process.env.HOLDFAST_CRASH_KILL ?? 'Temporal,worker,server';
const ROUND_MS = 240_000;

/** A worker that is killed is now the one beside the server, now the one that writes through it. */
function bothWorkers(temporal: FullTemporal): (options: HouseOptions) => Promise<House> {
  return async (options) => {
    const house = await openFullHouse({ ...options, temporal, door: '127.82.24.200:7412' });
    let asked = 0;
    return {
      ...house,
      async server() {
        asked += 1;
        const file = await house.server();
        const far = house.farWorkerPid();
        return asked % 2 === 0 || far === undefined ? file : { ...file, worker: { pid: far } };
      },
    };
  };
}

const rounds: Round[] = [];
let folder: string;
let temporal: FullTemporal;
let scene: Scene;
beforeAll(async () => {
  console.log(
    `seed ${SEED}; again: HOLDFAST_CRASH_SEED=${SEED} HOLDFAST_CRASH_RUNS=${ROUNDS} npx vitest run --project real test/crash/full`,
  );
  folder = await mkdtemp(join(tmpdir(), 'holdfast-full-crash-'));
  temporal = await fullTemporal({ address: '127.82.49.3', namespace: 'ops', folder });
  scene = await openScene({ net: 24, hosts: 3, struckAtOnce: 2, openHouse: bothWorkers(temporal) });
});
afterAll(async () => {
  if (rounds.length > 0) console.log(`seed ${SEED}\n${tableOf(rounds)}`);
  await scene?.[Symbol.asyncDispose]();
  await temporal?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.for(volleys(ROUNDS, SEED, { each: 1, only: ONLY }).map((volley, at) => ({ ...volley, at: at + 1 })))(
  'round $at on a full Temporal with two workers: every command runs once',
  { timeout: ROUND_MS },
  async (volley) => {
    const result = await scene.play(volley);
    rounds.push(result);
    console.log(linesOf(result).join('\n    '));
    expect(faultsOf(result)).toEqual([]);
  },
);
