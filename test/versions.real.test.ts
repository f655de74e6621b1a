import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolder } from '../toolbox/cacheFolder.ts';
import { sourcesDigest } from '../worker/bundle/sources.ts';
import { workflowBundle } from '../worker/bundle/workflowBundle.ts';
import { lastRelease } from './last-release/bundle.ts';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

const CHAIN = 16;

const RUNBOOKS = {
  'long.yaml': `
holdfast: 1
name: long
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: before
    run: |
      echo before >>"witness.$RUN"
      echo size=5 >>"$OUTPUT"
    outputs: { size: int }
  - id: sides
    parallel: true
    steps:
      - id: work
        run: |
          echo begun >>"witness.$RUN"
          until [ -e "end.$RUN" ]; do sleep 0.05 || :; done
      - id: other
        run: echo other
  - id: after
    env: { SIZE: '\${{ before.size }}' }
    run: echo "after $SIZE" >>"witness.$RUN"
`,
  'stops.yaml': `
holdfast: 1
name: stops
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: sure
    approve: { ask: 'Shall it?', by: [owner], allow_requester: true, expires: 1h }
  - id: turns
    for_each: '[1, 2]'
    as: number
    steps:
      - id: turn
        env: { NUMBER: '\${{ number }}' }
        run: |
          echo "turn $NUMBER" >>"witness.$RUN"
          [ -e "ready.$RUN" ] || exit 1
`,
  'chain.yaml': `
holdfast: 1
name: chain
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
${Array.from({ length: CHAIN }, (_, step) => `  - run: echo ${step} >>"witness.$RUN"; sleep 0.2`).join('\n')}
`,
};

const ENTRY = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

let folder: string;
let bundle: string;
let house: House;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-versions-'));
  const cache = join(folder, 'cache');
  await mkdir(join(cache, 'workflow-bundles'), { recursive: true });
  await symlink(join(cacheFolder(), 'programs'), join(cache, 'programs'));
  // Where a worker looks for the code of today lies that of the last release.
  bundle = join(cache, 'workflow-bundles', `workflows-${await sourcesDigest(ENTRY)}.js`);
  await writeFile(bundle, await lastRelease());
  const data = join(folder, 'data');
  await mkdir(data);
  house = await openHouse({
    net: 66,
    hosts: 4,
    runbooks: RUNBOOKS,
    data: { folder: data, inside: data, through: ['env', `HOLDFAST_CACHE=${cache}`] },
  });
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function on(host: string, command: string): Promise<string> {
  return (await house.lab.ssh(host, command)).stdout;
}

async function witness(host: string, run: string): Promise<readonly string[]> {
  return (await on(host, `cat witness.${run} 2>/dev/null`)).split('\n').slice(0, -1);
}

async function says(host: string, run: string, line: string): Promise<void> {
  await until(`${line} stands on ${host}`, async () =>
    (await witness(host, run)).includes(line) ? true : undefined,
  );
}

test('runs that the last release has open go on with this one: at a command, a gate, a hold, in a chain', async () => {
  const long = await house.start('long', { inputs: { hosts: 'etcd00' } });
  const gate = await house.start('stops', { inputs: { hosts: 'etcd01' } });
  const hold = await house.start('stops', { inputs: { hosts: 'etcd02' } });
  await house.reaches(hold, 'waiting');
  expect((await house.holdfast('approve', hold, '-m', 'yes')).code).toBe(0);
  await house.reaches(hold, 'held');
  await house.reaches(gate, 'waiting');
  await says('etcd00', long, 'begun');
  const chain = await house.start('chain', { inputs: { hosts: 'etcd03' } });
  await says('etcd03', chain, '4');

  await house.down();
  expect(await readFile(bundle, 'utf8')).toBe(await lastRelease());
  const { codePath } = await workflowBundle(
    join(cacheFolder(), 'workflow-bundles'),
    new DefaultLogger('ERROR'),
  );
  await writeFile(bundle, await readFile(codePath));
  await house.up();

  await on('etcd00', `touch end.${long}`);
  await house.reaches(long, 'succeeded');
  expect(await witness('etcd00', long)).toEqual(['before', 'begun', 'after 5']);

  await Promise.all(['etcd01', 'etcd02'].map((host) => on(host, `touch ready.${gate} ready.${hold}`)));
  expect((await house.holdfast('approve', gate, '-m', 'yes')).code).toBe(0);
  await house.reaches(gate, 'succeeded');
  expect(await witness('etcd01', gate)).toEqual(['turn 1', 'turn 2']);
  expect((await house.holdfast('retry', hold, '-m', 'ready')).code).toBe(0);
  await house.reaches(hold, 'succeeded');
  expect(await witness('etcd02', hold)).toEqual(['turn 1', 'turn 1', 'turn 2']);

  await house.reaches(chain, 'succeeded');
  const steps = Array.from({ length: CHAIN }, (_, step) => String(step));
  expect(await witness('etcd03', chain)).toEqual(steps);
  // None of them was begun anew from the record.
  for (const run of [long, gate, hold, chain]) expect((await house.view(run)).epoch).toBe(1);
});
