import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { executionsOf } from './support/executions.ts';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

/** So few that a run of some steps goes through several executions. */
const EVENTS = 40;
const ITEMS = 40;

const LIST = JSON.stringify(Array.from({ length: ITEMS }, (_, item) => item));

/** A loop of short steps, and beside it a command that outlives several executions. At the end a gate, and one more step. */
const LONG = `
holdfast: 1
name: long
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: beside
    parallel: true
    steps:
      - id: slow
        run: |
          echo begun >>slow
          until [ -e enough ]; do sleep 0.2; done
          echo ended >>slow
      - id: items
        for_each: "${LIST}"
        as: item
        steps:
          - id: beside_one
            env: { ITEM: '\${{ item }}' }
            run: echo "$ITEM" >>witness
  - id: chain
    for_each: "${LIST}"
    as: item
    steps:
      - id: one
        env: { ITEM: '\${{ item }}' }
        run: echo "c$ITEM" >>witness
  - id: sure
    approve:
      ask: Shall it end?
      by: [owner]
      allow_requester: true
  - id: last
    run: echo last >>witness
`;

let house: House;
beforeAll(async () => {
  process.env.HOLDFAST_CONTINUE_AFTER = String(EVENTS);
  house = await openHouse({ net: 68, hosts: 1, runbooks: { 'long.yaml': LONG } });
});
afterAll(async () => {
  delete process.env.HOLDFAST_CONTINUE_AFTER;
  await house?.[Symbol.asyncDispose]();
});

async function lines(file: string): Promise<readonly string[]> {
  const { stdout } = await house.lab.ssh('etcd00', `cat ${file} 2>/dev/null`);
  return stdout.split('\n').filter(Boolean);
}

async function locks(): Promise<readonly object[]> {
  return (await (await house.api()).get<{ readonly locks: readonly object[] }>('/api/locks')).locks;
}

test('a run goes on through its executions: its locks held, each command once, what people asked taken once', async () => {
  const run = await house.start('long');
  await until('some items are done', async () => ((await lines('witness')).length > 8 ? true : undefined));
  await house.killWorker();
  expect((await house.holdfast('pause', run, '-m', 'lunch')).code).not.toBe(2);
  await house.reaches(run, 'paused');
  const atPause = (await executionsOf(house, run)).length;
  expect(atPause).toBeGreaterThan(1);
  const stands = await lines('witness');
  await pause(1_000);
  expect(await lines('witness')).toEqual(stands);
  expect((await house.holdfast('resume', run)).code).toBe(0);

  await until('it is further', async () =>
    (await lines('witness')).length > stands.length + 5 ? true : undefined,
  );
  await house.killWorker();
  expect(await locks()).toMatchObject([{ name: 'host/etcd00', run }]);
  await house.lab.ssh('etcd00', 'touch enough');
  await house.reaches(run, 'waiting');
  expect((await house.holdfast('approve', run, '-m', 'yes')).code).toBe(0);
  await house.reaches(run, 'succeeded');

  const items = Array.from({ length: ITEMS }, (_, item) => String(item));
  expect(await lines('witness')).toEqual([...items, ...items.map((item) => `c${item}`), 'last']);
  expect(await lines('slow')).toEqual(['begun', 'ended']);
  const lengths = await executionsOf(house, run);
  expect(lengths.length).toBeGreaterThan(5);
  expect(Math.max(...lengths)).toBeLessThan(EVENTS * 6);
  const taken = (await house.entries(run)).filter(({ kind }) => kind === 'lock.taken');
  expect(taken).toHaveLength(1);
  await until('the locks are free', async () => ((await locks()).length === 0 ? true : undefined));
});
