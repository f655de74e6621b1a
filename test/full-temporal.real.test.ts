import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FullTemporal, fullTemporal } from '../lab/temporal/fullTemporal.ts';
import type { DoctorAnswer } from '../server/api/doctor.ts';
import { type FullHouse, openFullHouse } from './support/fullHouse.ts';
import { finished, spawnHoldfast, until } from './support/processes.ts';

/**
 * Each command appends a line to a file on its host: the file is the witness of how often it ran. What one worker seals on the first
 * step both open on the third.
 */
const THREE_STEPS = `
holdfast: 1
name: three
summary: Three steps, of which the second takes its time and talks.
inputs:
  hosts: { type: hosts, default: etcd }
on: hosts
steps:
  - id: first
    run: |
      echo first >>witness
      echo "token=token-of-$(cat name)" >>"$OUTPUT"
    outputs: { token: { type: string, sensitive: true } }
  - id: second
    run: |
      echo second >>witness
      for i in 1 2 3 4 5 6 7 8; do echo "line $i"; sleep 0.5; done
  - id: third
    env: { NEAR: "\${{ first.rows[0].token }}", FAR: "\${{ first.rows[1].token }}" }
    run: |
      [ "$NEAR $FAR" = "token-of-etcd00 token-of-etcd01" ]
      echo third >>witness
      printf 'lines=%s\\n' "$(wc -l <witness)" >>"$OUTPUT"
    outputs: { lines: int }
outputs:
  lines: third.rows.map(r, r.lines)
`;
const TALK = Array.from({ length: 8 }, (_, index) => `line ${index + 1}\n`).join('');
/** The near one is served by the worker beside the server, the far one only by the worker that writes through it. */
const [NEAR, FAR] = ['etcd00', 'etcd01'];
const DOOR = '127.82.23.200:7412';

let folder: string;
let temporal: FullTemporal;
let house: FullHouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-full-'));
  const progress = (line: string) => console.log(line);
  temporal = await fullTemporal({ address: '127.82.49.2', namespace: 'ops', folder, progress });
  const runbooks = { 'three.yaml': THREE_STEPS };
  house = await openFullHouse({ net: 64, hosts: 2, runbooks, temporal, door: DOOR });
  for (const host of [NEAR, FAR]) await house.lab.ssh(host, 'cat >name', host);
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await temporal?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a run, does the harm while its second command talks on both hosts, and sees it end as if nothing had been. */
async function withHarm(harm: () => Promise<void>): Promise<void> {
  const run = await house.start('three');
  for (const host of [NEAR, FAR]) {
    await until(`the second step runs on ${host}`, async () =>
      (await house.lab.ssh(host, 'cat witness')).stdout.includes('second') ? true : undefined,
    );
  }
  await harm();
  const { code, stderr } = await house.holdfast('watch', run, '--wait');
  expect(code, stderr).toBe(0);
  expect((await house.view(run)).outputs).toEqual({ lines: [3, 3] });
  for (const host of [NEAR, FAR]) {
    expect((await house.lab.ssh(host, 'cat witness; rm witness')).stdout).toBe('first\nsecond\nthird\n');
    expect((await house.holdfast('logs', run, 'second', '--host', host)).stdout).toBe(TALK);
  }
  const ends = (await house.entries(run)).filter(({ kind }) => kind === 'attempt.ended');
  expect(ends).toHaveLength(6);
}

test('a run goes through on hosts of both workers, each command once, everything in one record', async () => {
  await withHarm(async () => {});
});

test('the worker that writes through the server is killed in mid-command: another goes on with its command', async () => {
  await withHarm(() => house.killFarWorker());
});

test('the server is away in mid-command: what the worker elsewhere has to say is neither lost nor said twice', async () => {
  await withHarm(async () => {
    await house.killServer();
    await pause(2_000);
    await house.up();
  });
});

test('temporal-server is killed in mid-command and comes back: nobody notices', async () => {
  await withHarm(() => house.killTemporal());
});

test('tables and namespace are made again without harm', async () => {
  await temporal.setUp();
  expect((await house.holdfast('doctor')).code).toBe(0);
});

test('the doctor finds the two settings at work, and both zones served', async () => {
  const found = await (await house.api()).get<DoctorAnswer>('/api/doctor');
  expect(found.checks.filter(({ level }) => level === 'error')).toEqual([]);
  expect(found.checks).toContainEqual({
    name: 'zones',
    level: 'ok',
    says: 'every zone has a worker',
  });
  expect(found.checks).toContainEqual({ name: 'timers', level: 'ok', says: 'Temporal keeps them well' });
});

test('a namespace that is not there is said, with what to do', async () => {
  const args = ['up', '--temporal', temporal.address, '--namespace', 'nowhere', '--port', '0'];
  const end = await finished(spawnHoldfast(join(folder, 'other'), args));
  expect(end.code).not.toBe(0);
  expect(end.stderr).toContain(`Temporal at ${temporal.address} has no namespace nowhere.`);
  expect(end.stderr).toContain('--namespace');
});

test('a worker with another token is turned away, and says why', async () => {
  const token = join(folder, 'wrong-token');
  await writeFile(token, 'hf_wrong\n');
  const where = ['--server', `http://${DOOR}`, '--token-file', token, '--temporal', temporal.address];
  const end = await finished(spawnHoldfast(join(folder, 'other'), ['worker', ...where]));
  expect(end.code).not.toBe(0);
  expect(end.stderr).toContain('worker-token');
  const owners = (await readFile(join(house.dataDir, 'token'), 'utf8')).trim();
  await writeFile(token, owners);
  expect((await finished(spawnHoldfast(join(folder, 'other'), ['worker', ...where]))).code).not.toBe(0);
});
