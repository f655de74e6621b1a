import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

const HOSTS = ['etcd00', 'etcd01'] as const;

const HEAD = `
holdfast: 1
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
`;

const RUNBOOKS = {
  'kept.yaml': `${HEAD}
name: kept
summary: Two changes that can be undone, and a question.
steps:
  - id: put
    run: |
      echo put >>"witness.$RUN"
      echo "id=$(uname -n).$$" >>"$OUTPUT"
    outputs: { id: string }
    rollback:
      run: echo "took $ID back" >>"witness.$RUN"
      env: { ID: '\${{ put.id }}' }
  - id: slow
    run: echo slow >>"witness.$RUN"
    rollback: |
      echo 'undo begun' >>"witness.$RUN"
      until [ -e "end.$RUN" ]; do sleep 0.05; done
      echo 'undo ended' >>"witness.$RUN"
  - id: sure
    approve: { ask: Go on?, allow_requester: true }
`,
  'broken.yaml': `${HEAD}
name: broken
summary: Fails, goes back by itself, and can't undo one of its steps.
steps:
  - id: first
    run: echo first >>"witness.$RUN"
    rollback: echo 'undo first' >>"witness.$RUN"
  - id: stuck
    on: hosts[0]
    run: echo stuck >>"witness.$RUN"
    rollback: |
      echo 'it does not come off' >&2
      exit 4
  - id: half
    on: hosts[1]
    on_failure: rollback
    run: |
      echo half >>"witness.$RUN"
      exit 3
    rollback: echo 'undo half' >>"witness.$RUN"
`,
  'waits.yaml': `${HEAD}
name: waits
summary: Waits for a person, for a file, and for a second.
steps:
  - id: cable
    manual: Plug the cable in.
  - id: there
    wait: 1m
    done: { run: '[ -e "there.$RUN" ]', every: 200ms }
  - id: soak
    wait: 1s
`,
};

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 61, hosts: 2, runbooks: RUNBOOKS });
});
afterAll(() => house?.[Symbol.asyncDispose]());

async function on(host: string, command: string): Promise<string> {
  return (await house.lab.ssh(host, command)).stdout;
}

async function witness(host: string, run: string): Promise<readonly string[]> {
  return (await on(host, `cat witness.${run}`)).trimEnd().split('\n');
}

describe('abort --rollback', () => {
  test('undoes each step once, also where the worker is killed in the middle of it', async () => {
    const run = await house.start('kept');
    await house.reaches(run, 'waiting');
    const asked = await house.holdfast('abort', run, '--rollback', '-m', 'wrong cluster');
    expect(asked.stdout).toContain('what took effect is undone, last first');
    await until('both hosts undo', async () =>
      (await Promise.all(HOSTS.map((host) => witness(host, run)))).every((lines) =>
        lines.includes('undo begun'),
      )
        ? true
        : undefined,
    );
    await house.killWorker();
    const during = await house.view(run);
    expect(during).toMatchObject({ status: 'running', locks: HOSTS.map((host) => `host/${host}`) });
    expect(during.rolling_back_since).toBeGreaterThan(0);
    await Promise.all(HOSTS.map((host) => on(host, `touch end.${run}`)));

    const view = await house.reaches(run, 'rolled_back');
    for (const host of HOSTS) {
      const put = view.steps.find(({ step }) => step === 'put')?.hosts.find((cell) => cell.host === host);
      expect(put).toMatchObject({ outcome: 'rolled_back', outputs: { id: expect.any(String) } });
      expect(await witness(host, run)).toEqual([
        'put',
        'slow',
        'undo begun',
        'undo ended',
        `took ${put?.outputs?.id} back`,
      ]);
    }
    expect(view.why).toBe('wrong cluster');
    expect((await house.holdfast('watch', run)).code).toBe(1);
  });
});

describe('on_failure: rollback', () => {
  test('undoes what was half done too; a rollback that fails is held, and passed over with a reason', async () => {
    const run = await house.start('broken');
    const held = await house.reaches(run, 'held');
    expect(held.held).toMatchObject([
      { step: 'stuck/rollback', hosts: ['etcd00'], why: 'etcd00: failed, it does not come off' },
    ]);
    expect(await witness('etcd01', run)).toEqual(['first', 'half', 'undo half']);
    const page = await house.holdfast('show', run);
    expect(page.stdout).toContain(`holdfast skip ${run} --step stuck/rollback -m REASON`);
    expect(page.stdout).toContain('stop rolling back');

    await house.holdfast('skip', run, '--step', 'stuck/rollback', '-m', 'taken off by hand');
    const view = await house.reaches(run, 'rolled_back');
    expect(view.why).toBe(
      'half: etcd01: failed, exit status 3, and nothing on stderr; not undone: stuck on etcd00',
    );
    expect(await witness('etcd00', run)).toEqual(['first', 'stuck', 'undo first']);
    expect(await witness('etcd01', run)).toEqual(['first', 'half', 'undo half', 'undo first']);
    expect(view.locks).toEqual([]);
  });
});

describe('what waits', () => {
  test('is confirmed by a person, looked for on the hosts, and goes on where the worker was killed', async () => {
    const run = await house.start('waits');
    const waiting = await house.reaches(run, 'waiting');
    expect(waiting.gates).toMatchObject([{ step: 'cable', manual: true, ask: 'Plug the cable in.' }]);
    const page = await house.holdfast('show', run);
    expect(page.stdout).toContain(`holdfast confirm ${run} --step cable -m NOTE`);
    expect((await house.holdfast('confirm', run)).code).toBe(2);
    expect((await house.holdfast('confirm', run, '-m', 'it is in port 12')).code).toBe(0);

    await until('the hosts look', async () =>
      (await house.view(run)).steps.some(({ step }) => step === 'there') ? true : undefined,
    );
    await house.killWorker();
    await Promise.all(HOSTS.map((host) => on(host, `touch there.${run}`)));
    const view = await house.reaches(run, 'succeeded');
    expect(view.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'cable succeeded',
      'there succeeded',
      'soak succeeded',
    ]);
    const started = (await house.entries(run)).filter(({ kind }) => kind === 'wait.started');
    expect(started).toHaveLength(1);
  });
});
