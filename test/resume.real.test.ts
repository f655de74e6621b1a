import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection, WorkflowClient } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

/** `act NAME` is a command that a test watches: it leaves a line, and goes on once the file `end.RUN` is there. */
const WAITS = 'until [ -e "end.$RUN" ]; do sleep 0.05 || :; done';

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
  - id: work
    run: |
      echo begun >>"witness.$RUN"
      ${WAITS}
      echo ended >>"witness.$RUN"
  - id: after
    env: { SIZE: '\${{ before.size }}' }
    run: echo "after $SIZE" >>"witness.$RUN"
`,
  'loop.yaml': `
holdfast: 1
name: loop
inputs: { hosts: { type: hosts, default: etcd } }
env: { RUN: '\${{ run.id }}' }
steps:
  - id: turns
    for_each: '[1, 2, 3, 4]'
    as: number
    steps:
      - id: turn
        on: hosts
        env: { NUMBER: '\${{ number }}' }
        run: |
          echo "turn $NUMBER" >>"witness.$RUN"
          [ "$NUMBER" != 3 ] || ${WAITS}
`,
  'both.yaml': `
holdfast: 1
name: both
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: sides
    parallel: true
    steps:
      - id: left
        run: |
          echo left >>"witness.$RUN"
          ${WAITS}
          echo ended >>"witness.$RUN"
      - id: right
        run: echo right >>"right.$RUN"
  - id: after
    run: cat "right.$RUN" >>"witness.$RUN"
`,
  'gates.yaml': `
holdfast: 1
name: gates
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: first
    approve: { ask: 'The first?', by: [owner], allow_requester: true, expires: 1h }
  - id: one
    run: echo one >>"witness.$RUN"
  - id: second
    approve: { ask: 'The second?', by: [owner], allow_requester: true, expires: 1h }
  - id: two
    run: echo two >>"witness.$RUN"
`,
  'picky.yaml': `
holdfast: 1
name: picky
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: pick
    run: |
      echo pick >>"witness.$RUN"
      [ -e "ready.$RUN" ] || { echo 'not ready' >&2; exit 1; }
  - id: after
    run: echo after >>"witness.$RUN"
`,
  'stubborn.yaml': `
holdfast: 1
name: stubborn
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: work
    run: |
      trap 'echo asked >>"witness.$RUN"' TERM
      echo begun >>"witness.$RUN"
      ${WAITS}
      echo ended >>"witness.$RUN"
      exit 7
  - id: after
    run: echo after >>"witness.$RUN"
`,
};

const HOSTS = {
  long: 'etcd00',
  loop: 'etcd01',
  both: 'etcd02',
  gates: 'etcd03',
  picky: 'etcd04',
  stubborn: 'etcd05',
  closed: 'etcd06',
} as const;

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 25, hosts: Object.keys(HOSTS).length, runbooks: RUNBOOKS });
});
afterAll(() => house?.[Symbol.asyncDispose]());

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

async function asked(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await house.holdfast(...args);
  expect(code, stderr).toBe(0);
}

async function kinds(run: string, kind: string): Promise<number> {
  return (await house.entries(run)).filter((entry) => entry.kind === kind).length;
}

/** As an accident would: Temporal's own data are gone, what it ran is not. */
async function loseTemporal(): Promise<void> {
  await house.down();
  for (const end of ['', '-wal', '-shm', '-journal'])
    await rm(join(house.dataDir, `temporal.db${end}`), { force: true });
  await house.up();
}

async function terminate(run: string): Promise<void> {
  const connection = await Connection.connect({ address: (await house.server()).temporal.address });
  try {
    await new WorkflowClient({ connection }).getHandle(run).terminate('a test');
  } finally {
    await connection.close();
  }
}

describe('Temporal has lost everything in the middle of', () => {
  const runs = new Map<string, string>();
  const run = (name: keyof typeof HOSTS) => runs.get(name) ?? '';

  beforeAll(async () => {
    for (const name of ['long', 'loop', 'both', 'gates', 'picky', 'stubborn'] as const)
      runs.set(name, await house.start(name, { inputs: { hosts: HOSTS[name] } }));
    await house.reaches(run('gates'), 'waiting');
    await asked('approve', run('gates'), '--step', 'first', '-m', 'yes');
    await says(HOSTS.gates, run('gates'), 'one');
    await house.reaches(run('gates'), 'waiting');
    await house.reaches(run('picky'), 'held');
    await asked('retry', run('picky'), '-m', 'again');
    await until('it is held again', async () =>
      (await kinds(run('picky'), 'run.held')) === 2 ? true : undefined,
    );
    await says(HOSTS.long, run('long'), 'begun');
    await says(HOSTS.loop, run('loop'), 'turn 3');
    await says(HOSTS.both, run('both'), 'left');
    await until(
      'the other side is done',
      async () => (await house.view(run('both'))).steps.find(({ step }) => step === 'sides/right')?.ended_at,
    );
    await says(HOSTS.stubborn, run('stubborn'), 'begun');
    await asked('abort', run('stubborn'), '-m', 'enough');
    await says(HOSTS.stubborn, run('stubborn'), 'asked');
    await loseTemporal();
    for (const [name, id] of runs) {
      await house.reaches(id, 'interrupted');
      if (name !== 'stubborn') await asked('resume', id);
    }
  });

  test('a command: it is found again, what was finished stands, and the rest follows', async () => {
    await on(HOSTS.long, `touch end.${run('long')}`);
    await house.reaches(run('long'), 'succeeded');
    expect(await witness(HOSTS.long, run('long'))).toEqual(['before', 'begun', 'ended', 'after 5']);
    expect((await house.view(run('long'))).epoch).toBe(2);
  });

  test('a loop: its turns are counted on', async () => {
    await on(HOSTS.loop, `touch end.${run('loop')}`);
    await house.reaches(run('loop'), 'succeeded');
    expect(await witness(HOSTS.loop, run('loop'))).toEqual(['turn 1', 'turn 2', 'turn 3', 'turn 4']);
  });

  test('parallel branches: the one that was done stays done', async () => {
    await on(HOSTS.both, `touch end.${run('both')}`);
    await house.reaches(run('both'), 'succeeded');
    expect(await witness(HOSTS.both, run('both'))).toEqual(['left', 'ended', 'right']);
  });

  test('a gate: the one that was answered is not asked again, the open one waits', async () => {
    const view = await house.reaches(run('gates'), 'waiting');
    expect(view.gates.map(({ step }) => step)).toEqual(['second']);
    await asked('approve', run('gates'), '-m', 'yes');
    await house.reaches(run('gates'), 'succeeded');
    expect(await witness(HOSTS.gates, run('gates'))).toEqual(['one', 'two']);
    expect(await kinds(run('gates'), 'gate.opened')).toBe(2);
  });

  test('a hold: it is held again where it was, and takes an answer', async () => {
    const view = await house.reaches(run('picky'), 'held');
    expect(view.held).toMatchObject([{ step: 'pick', hosts: [HOSTS.picky] }]);
    await on(HOSTS.picky, `touch ready.${run('picky')}`);
    await asked('retry', run('picky'), '-m', 'it is there');
    await house.reaches(run('picky'), 'succeeded');
    expect(await witness(HOSTS.picky, run('picky'))).toEqual(['pick', 'pick', 'pick', 'after']);
  });

  test('an abort: what was asked to stop is waited for, and nothing new begins', async () => {
    const interrupted = await house.view(run('stubborn'));
    expect(interrupted.status).toBe('interrupted');
    await on(HOSTS.stubborn, `touch end.${run('stubborn')}`);
    await asked('resume', run('stubborn'));
    await house.reaches(run('stubborn'), 'cancelled');
    const lines = await witness(HOSTS.stubborn, run('stubborn'));
    expect(lines.filter((line) => line === 'begun')).toHaveLength(1);
    expect(lines).not.toContain('after');
    expect((await (await house.api()).get<{ locks: object[] }>('/api/locks')).locks).toEqual([]);
  });
});

describe('a run whose workflow somebody terminated', () => {
  test('goes on where it was, resumed by two at once, in one workflow', async () => {
    const run = await house.start('long', { inputs: { hosts: HOSTS.closed } });
    await says(HOSTS.closed, run, 'begun');
    await terminate(run);
    await house.reaches(run, 'interrupted');
    const both = await Promise.all([house.holdfast('resume', run), house.holdfast('resume', run)]);
    expect(
      both.filter(({ code }) => code === 0).length,
      both.map(({ stderr }) => stderr).join(),
    ).toBeGreaterThan(0);
    await on(HOSTS.closed, `touch end.${run}`);
    const view = await house.reaches(run, 'succeeded');
    expect(view.epoch).toBe(2);
    expect(await witness(HOSTS.closed, run)).toEqual(['before', 'begun', 'ended', 'after 5']);
  });
});
