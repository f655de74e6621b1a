import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AskView } from '../server/api/operator.ts';
import { type House, openHouse } from './support/house.ts';
import { gather, lives, until } from './support/processes.ts';

const CHAIN = 24;

const RUNBOOKS = {
  'gated.yaml': `
holdfast: 1
name: gated
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: sure
    approve: { ask: 'Shall it?', by: [owner], allow_requester: true, expires: 1h }
  - id: act
    run: echo act >>"witness.$RUN"
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
      [ -e "ready.$RUN" ] || exit 1
  - id: after
    run: echo after >>"witness.$RUN"
`,
  'long.yaml': `
holdfast: 1
name: long
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: work
    run: |
      echo begun >>"witness.$RUN"
      until [ -e "end.$RUN" ]; do sleep 0.05 || :; done
      echo ended >>"witness.$RUN"
  - id: after
    run: echo after >>"witness.$RUN"
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
const WHOLE_CHAIN = Array.from({ length: CHAIN }, (_, step) => String(step));

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 27, hosts: 4, runbooks: RUNBOOKS });
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

async function applied(run: string): Promise<number> {
  return (await house.entries(run)).filter(({ kind }) => kind === 'operator.applied').length;
}

/** What one client gets: the run's word, its refusal, or that it is recorded. */
type Got = { readonly status: number; readonly says: string; readonly link: string };

async function ask(run: string, action: string, body: object = {}, key: string = randomUUID()): Promise<Got> {
  const api = await house.api();
  try {
    const { status, body: got } = await api.post<{ readonly says: string; readonly ask: string }>(
      `/api/runs/${run}/${action}`,
      { reason: 'a test', ...body },
      key,
    );
    return { status, says: got.says, link: `/api/asks/${got.ask}` };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'run/refused') throw error;
    return { status: 409, says: error.message, link: `/api/asks/${key}` };
  }
}

async function settled(link: string): Promise<AskView> {
  return until(`${link} is settled`, async () => {
    const view = await (await house.api()).get<AskView>(link);
    return view.state === 'open' ? undefined : view;
  });
}

describe('two clients at once, of whom each gets the true answer:', () => {
  test('abort and abort: one ends the run, the other hears that it is ending', async () => {
    const run = await house.start('long', { inputs: { hosts: 'etcd00' } });
    await says('etcd00', run, 'begun');
    const got = await Promise.all([ask(run, 'abort'), ask(run, 'abort')]);
    expect(got.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(got.find(({ status }) => status === 409)?.says).toMatch(/being aborted already|has ended/);
    await house.reaches(run, 'cancelled');
    expect(await applied(run)).toBe(1);
  });

  test('approve and reject: one of them is the answer, and what follows is as it says', async () => {
    const run = await house.start('gated', { inputs: { hosts: 'etcd00' } });
    await house.reaches(run, 'waiting');
    const [yes, no] = await Promise.all([ask(run, 'approve'), ask(run, 'reject')]);
    expect([yes?.status, no?.status].toSorted()).toEqual([200, 409]);
    const view = await house.reaches(run, yes?.status === 200 ? 'succeeded' : 'held');
    expect(await applied(run)).toBe(1);
    expect(await witness('etcd00', run)).toEqual(yes?.status === 200 ? ['act'] : []);
    if (view.status === 'held') await ask(run, 'abort');
  });

  test('retry and skip of the one host that failed: it is done once, and nothing on the others', async () => {
    const hosts = ['etcd00', 'etcd01', 'etcd02'];
    const run = await house.start('picky', { inputs: { hosts: hosts.join(',') } });
    await house.reaches(run, 'held');
    await on('etcd00', `touch ready.${run}`);
    await on('etcd01', `touch ready.${run}`);
    expect((await ask(run, 'retry', { hosts: ['etcd00', 'etcd01'] })).status).toBe(200);
    await until('it is held for the third', async () =>
      (await house.view(run)).held[0]?.hosts.join() === 'etcd02' ? true : undefined,
    );
    await on('etcd02', `touch ready.${run}`);
    const [retried, skipped] = await Promise.all([ask(run, 'retry'), ask(run, 'skip')]);
    expect([retried?.status, skipped?.status].toSorted()).toEqual([200, 409]);
    await house.reaches(run, 'succeeded');
    expect(await witness('etcd00', run)).toEqual(['pick', 'pick', 'after']);
    const third = retried?.status === 200 ? ['pick', 'pick', 'after'] : ['pick', 'after'];
    expect(await witness('etcd02', run)).toEqual(third);
    expect(await applied(run)).toBe(2);
  });
});

test('what is asked while the worker is down survives the server, and is taken once, in order', async () => {
  const run = await house.start('gated', { inputs: { hosts: 'etcd00' } });
  await house.reaches(run, 'waiting');
  const still = await until('there is a worker', async () => (await house.server()).worker.pid);
  process.kill(still, 'SIGSTOP');
  onTestFinished(() => {
    if (lives(still)) process.kill(still, 'SIGKILL');
  });
  const key = randomUUID();
  const [first, again] = await Promise.all([ask(run, 'pause'), ask(run, 'pause')]);
  const approved = await ask(run, 'approve', {}, key);
  expect([first?.status, again?.status, approved.status]).toEqual([202, 202, 202]);
  await house.killServer();
  await house.up();
  const states = await Promise.all([first, again].map(async (got) => (await settled(got?.link ?? '')).state));
  expect(states.toSorted()).toEqual(['applied', 'refused']);
  expect((await settled(approved.link)).state).toBe('applied');
  // The same request again is the same request, whatever became of the server meanwhile.
  expect(await ask(run, 'approve', {}, key)).toMatchObject({ status: 200 });
  await house.reaches(run, 'paused');
  expect(await witness('etcd00', run)).toEqual([]);
  expect((await ask(run, 'resume')).status).toBe(200);
  await house.reaches(run, 'succeeded');
  expect(await witness('etcd00', run)).toEqual(['act']);
  expect(await applied(run)).toBe(3);
  await until('the worker that stands still was ended', async () => (lives(still) ? undefined : true));
});

test('what is asked while Temporal dies is taken once', async () => {
  const runs = await Promise.all(
    ['etcd00', 'etcd01', 'etcd02'].map((hosts) => house.start('gated', { inputs: { hosts } })),
  );
  for (const run of runs) await house.reaches(run, 'waiting');
  const [got] = await Promise.all([
    Promise.all(runs.map((run) => ask(run, 'approve'))),
    house.killTemporal(),
  ]);
  for (const { status } of got) expect([200, 202]).toContain(status);
  for (const { link } of got) expect((await settled(link)).state).toBe('applied');
  for (const [at, run] of runs.entries()) {
    await house.reaches(run, 'succeeded');
    expect(await witness(`etcd0${at}`, run)).toEqual(['act']);
    expect(await applied(run)).toBe(1);
  }
});

describe('a worker that is told to stop', () => {
  /** A second one, beside the server's own. */
  async function anotherWorker(): Promise<ChildProcess> {
    const main = fileURLToPath(new URL('../worker/main.ts', import.meta.url));
    const { address } = (await house.server()).temporal;
    const worker = spawn(process.execPath, [main, '--data', house.dataDir, '--temporal', address], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const err = gather(worker.stderr);
    const ready = once(worker, 'message');
    const ended = once(worker, 'exit').then(() => {
      throw new Error(`the worker ended: ${err()}`);
    });
    ended.catch(() => {});
    await Promise.race([ready, ended]);
    return worker;
  }

  test('hands over what it has to another one, in time, and nothing runs twice', async () => {
    const other = await anotherWorker();
    const hosts = ['etcd00', 'etcd01', 'etcd02'];
    const chains = await Promise.all(hosts.map((host) => house.start('chain', { inputs: { hosts: host } })));
    const long = await house.start('long', { inputs: { hosts: 'etcd03' } });
    await says('etcd03', long, 'begun');
    for (const [at, run] of chains.entries()) await says(hosts[at] ?? '', run, '5');
    const gone = once(other, 'exit');
    other.kill('SIGTERM');
    expect((await gone)[0]).toBe(0);

    for (const [at, run] of chains.entries()) await says(hosts[at] ?? '', run, '12');
    const own = (await house.server()).worker.pid ?? 0;
    process.kill(own, 'SIGTERM');
    await until('the server has started another one', async () => {
      const { pid } = (await house.server()).worker;
      return pid === undefined || pid === own ? undefined : true;
    });
    const log = await readFile(join(house.dataDir, 'server.log'), 'utf8');
    expect(log.split('\n').findLast((line) => line.includes('worker ended'))).toContain('exit status 0');

    for (const [at, run] of chains.entries()) {
      await house.reaches(run, 'succeeded');
      expect(await witness(hosts[at] ?? '', run)).toEqual(WHOLE_CHAIN);
    }
    await on('etcd03', `touch end.${long}`);
    await house.reaches(long, 'succeeded');
    expect(await witness('etcd03', long)).toEqual(['begun', 'ended', 'after']);
  });

  test('with all of Holdfast leaves commands running, and they are found when it is up again', async () => {
    const chain = await house.start('chain', { inputs: { hosts: 'etcd00' } });
    const long = await house.start('long', { inputs: { hosts: 'etcd03' } });
    await says('etcd03', long, 'begun');
    await says('etcd00', chain, '3');
    expect(await house.down()).toBe(0);
    await on('etcd03', `touch end.${long}`);
    await says('etcd03', long, 'ended');
    await house.up();
    await house.reaches(long, 'succeeded');
    await house.reaches(chain, 'succeeded');
    expect(await witness('etcd00', chain)).toEqual(WHOLE_CHAIN);
    expect(await witness('etcd03', long)).toEqual(['begun', 'ended', 'after']);
  });
});
