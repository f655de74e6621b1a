import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperatorPending, OperatorTaken } from '../server/api/operator.ts';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

const HOSTS = ['etcd00', 'etcd01', 'etcd02'] as const;

const RUNBOOKS = {
  'picky.yaml': `
holdfast: 1
name: picky
summary: Fails where a file is missing, and needs what it writes.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: pick
    run: |
      echo pick >>"witness.$RUN"
      [ -e ready ] || { echo "the file ready is missing" >&2; exit 1; }
      echo version=2 >>"$OUTPUT"
    outputs: { version: int }
  - id: use
    env: { VERSION: '\${{ pick.version }}' }
    run: echo "version $VERSION"
`,
  'gated.yaml': `
holdfast: 1
name: gated
summary: Asks before it does anything.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: sure
    approve:
      ask: Shall it be done?
      by: [owner]
      allow_requester: true
      expires: 1h
  - id: act
    run: echo done
`,
  'brief.yaml': `
holdfast: 1
name: brief
summary: Asks, and does not wait for long.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: sure
    approve: { ask: Shall it be done?, by: [owner], allow_requester: true, expires: 2s }
  - id: act
    run: echo begun >>"witness.$RUN"
`,
  'long.yaml': `
holdfast: 1
name: long
summary: Three commands, of which the first can be told to stop.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: work
    run: |
      trap 'echo stopped >>"witness.$RUN"; exit 7' TERM
      echo begun >>"witness.$RUN"
      until [ -e "end.$RUN" ]; do sleep 0.05 || :; done
      echo ended >>"witness.$RUN"
  - id: more
    run: echo more >>"witness.$RUN"
`,
};

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 23, hosts: 3, runbooks: RUNBOOKS });
});
afterAll(() => house?.[Symbol.asyncDispose]());

async function on(host: string, command: string): Promise<string> {
  return (await house.lab.ssh(host, command)).stdout;
}

function witness(host: string, run: string): Promise<string> {
  return on(host, `cat witness.${run} 2>/dev/null`);
}

async function begun(run: string, host: string): Promise<void> {
  await until('the command runs', async () =>
    (await witness(host, run)).includes('begun') ? true : undefined,
  );
}

async function kinds(run: string, kind: string): Promise<number> {
  return (await house.entries(run)).filter((entry) => entry.kind === kind).length;
}

describe('a step that failed on some hosts', () => {
  test('is retried only there, and the run goes on', async () => {
    await Promise.all([
      on('etcd00', 'touch ready'),
      on('etcd01', 'rm -f ready'),
      on('etcd02', 'touch ready'),
    ]);
    const run = await house.start('picky');
    const held = await house.reaches(run, 'held');
    expect(held.held).toMatchObject([{ step: 'pick', hosts: ['etcd01'] }]);
    expect(held.held[0]?.why).toContain('the file ready is missing');

    await on('etcd01', 'touch ready');
    expect((await house.holdfast('retry', run, '-m', 'it is there now')).code).toBe(0);
    await house.reaches(run, 'succeeded');
    for (const host of HOSTS)
      expect(await witness(host, run)).toBe(host === 'etcd01' ? 'pick\npick\n' : 'pick\n');
  });

  test('is skipped there with the outputs that later steps need, and not without', async () => {
    await Promise.all(HOSTS.map((host) => on(host, host === 'etcd02' ? 'rm -f ready' : 'touch ready')));
    const run = await house.start('picky');
    await house.reaches(run, 'held');
    const bare = await house.holdfast('skip', run, '-m', 'by hand');
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain('Later steps need pick.version.');
    const wrong = await house.holdfast('skip', run, '--output', 'version=two', '-m', 'by hand');
    expect(wrong.code).toBe(2);
    const given = await house.holdfast('skip', run, '--output', 'version=7', '-m', 'by hand');
    expect(given.code, given.stderr).toBe(0);
    const view = await house.reaches(run, 'succeeded');
    const cell = view.steps.find(({ step }) => step === 'pick')?.hosts.find(({ host }) => host === 'etcd02');
    expect(cell?.outcome).toBe('skipped');
    expect((await house.holdfast('logs', run, 'use', '--host', 'etcd02')).stdout).toBe('version 7\n');
  });
});

describe('a gate', () => {
  test('that nobody answers in its time holds the run before anything is done, and no answer is taken any more', async () => {
    const run = await house.start('brief', { inputs: { hosts: 'etcd00' } });
    const { held, gates } = await house.reaches(run, 'held');
    expect(held).toMatchObject([{ step: 'sure' }]);
    expect(held[0]?.why).toContain('Nobody answered before the gate expired.');
    expect(gates).toEqual([]);
    expect((await house.holdfast('approve', run, '-m', 'too late')).code).toBe(2);
    expect((await house.holdfast('abort', run, '-m', 'not today')).code).toBe(0);
    await house.reaches(run, 'cancelled');
    expect(await witness('etcd00', run)).toBe('');
  });

  test('that is approved lets the run go on', async () => {
    const run = await house.start('gated', { inputs: { hosts: 'etcd00' } });
    const waiting = await house.reaches(run, 'waiting');
    expect(waiting.gates).toMatchObject([{ step: 'sure', ask: 'Shall it be done?' }]);
    expect((await house.holdfast('watch', run)).code).toBe(3);
    expect((await house.holdfast('approve', run, '-m', 'yes')).code).toBe(0);
    await house.reaches(run, 'succeeded');
  });

  test('that is rejected holds the run, and nothing was done', async () => {
    const run = await house.start('gated', { inputs: { hosts: 'etcd00' } });
    await house.reaches(run, 'waiting');
    expect((await house.holdfast('reject', run, '-m', 'not today')).code).toBe(0);
    const held = await house.reaches(run, 'held');
    expect(held.held).toMatchObject([{ step: 'sure' }]);
    expect(held.steps.some(({ step }) => step === 'act')).toBe(false);
    expect((await house.holdfast('abort', run, '-m', 'not today')).code).toBe(0);
    await house.reaches(run, 'cancelled');
  });

  test('is not approved on what it no longer shows', async () => {
    const run = await house.start('gated', { inputs: { hosts: 'etcd00' } });
    await house.reaches(run, 'waiting');
    const api = await house.api();
    const stale = api.post(`/api/runs/${run}/approve`, { reason: 'yes', shown: 'another' }, randomUUID());
    await expect(stale).rejects.toMatchObject({ code: 'run/refused' });
    expect((await house.holdfast('abort', run, '-m', 'enough')).code).toBe(0);
    await house.reaches(run, 'cancelled');
  });
});

test('pause starts nothing new while the command runs on, and resume goes on', async () => {
  const run = await house.start('long', { inputs: { hosts: 'etcd00' } });
  await begun(run, 'etcd00');
  expect((await house.holdfast('pause', run, '-m', 'lunch')).code).toBe(0);
  await on('etcd00', `touch end.${run}`);
  await until('the command has ended', async () =>
    (await house.view(run)).steps.find(({ step }) => step === 'work')?.ended_at === undefined
      ? undefined
      : true,
  );
  await house.reaches(run, 'paused');
  expect(await witness('etcd00', run)).toBe('begun\nended\n');
  expect((await house.holdfast('resume', run)).code).toBe(0);
  await house.reaches(run, 'succeeded');
  expect(await witness('etcd00', run)).toBe('begun\nended\nmore\n');
});

test('abort stops a long command with TERM, waits for it, and the run ends cancelled', async () => {
  const run = await house.start('long', { inputs: { hosts: 'etcd00,etcd01' } });
  await Promise.all([begun(run, 'etcd00'), begun(run, 'etcd01')]);
  expect((await house.holdfast('abort', run, '-m', 'wrong host')).code).toBe(0);
  const view = await house.reaches(run, 'cancelled');
  for (const host of ['etcd00', 'etcd01']) expect(await witness(host, run)).toBe('begun\nstopped\n');
  expect(view.steps.find(({ step }) => step === 'work')?.hosts).toMatchObject([
    { outcome: 'cancelled' },
    { outcome: 'cancelled' },
  ]);
  expect((await house.holdfast('watch', run)).code).toBe(1);
});

test('the same ask twice takes effect once, and gets the same answer', async () => {
  await Promise.all(HOSTS.map((host) => on(host, 'rm -f ready')));
  const run = await house.start('picky', { inputs: { hosts: 'etcd00' } });
  await house.reaches(run, 'held');
  const api = await house.api();
  const key = randomUUID();
  const ask = () => api.post<OperatorTaken>(`/api/runs/${run}/retry`, { reason: 'again' }, key);
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.says}`)).size).toBe(1);
  await until('it is held again', async () => ((await kinds(run, 'run.held')) === 2 ? true : undefined));
  expect((await ask()).body.says).toBe(answers[0]?.body.says);
  expect(await kinds(run, 'operator.applied')).toBe(1);
  expect(await witness('etcd00', run)).toBe('pick\npick\n');
  expect((await house.holdfast('abort', run, '-m', 'enough')).code).toBe(0);
  await house.reaches(run, 'cancelled');
});

/** Asks while the worker stands still, and kills it then: what it had not completed is lost, and the next one takes the ask. */
async function askedOfNoWorker(run: string, action: 'approve' | 'abort'): Promise<void> {
  const worker = (await house.server()).worker.pid ?? 0;
  process.kill(worker, 'SIGSTOP');
  try {
    const api = await house.api();
    const asked = await api.post<OperatorPending>(
      `/api/runs/${run}/${action}`,
      { reason: 'yes' },
      randomUUID(),
    );
    expect(asked.status).toBe(202);
    expect(asked.body.says).toMatch(/recorded/i);
    expect(await kinds(run, 'operator.asked')).toBe(1);
  } finally {
    process.kill(worker, 'SIGKILL');
  }
}

test('what is asked while no worker is there is recorded, and taken when there is one', async () => {
  const run = await house.start('gated', { inputs: { hosts: 'etcd00' } });
  await house.reaches(run, 'waiting');
  await askedOfNoWorker(run, 'approve');
  await house.reaches(run, 'succeeded');
  expect(await kinds(run, 'operator.applied')).toBe(1);
});

test('an abort asked while no worker is there stops the command that the killed one had begun', async () => {
  const run = await house.start('long', { inputs: { hosts: 'etcd00' } });
  await begun(run, 'etcd00');
  await askedOfNoWorker(run, 'abort');
  await house.reaches(run, 'cancelled');
  expect(await witness('etcd00', run)).toBe('begun\nstopped\n');
  expect(await kinds(run, 'operator.applied')).toBe(1);
});
