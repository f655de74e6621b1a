import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunAccepted } from '../server/api/runs.ts';
import { type House, openHouse } from './support/house.ts';
import { finished, spawnHoldfast, until } from './support/processes.ts';
import { type DiskName, openSmallDisks } from './support/smallDisks.ts';

const COUNT = `
holdfast: 1
name: count
on: etcd00
env: { RUN: '\${{ run.id }}' }
steps:
  - id: count
    run: |
      echo begun >>"witness.$RUN"
      i=0
      until [ -e "end.$RUN" ]; do i=$((i+1)); echo "line $i of a text that fills the store soon"; sleep 0.02; done
      echo "ended $i" >>"witness.$RUN"
  - id: after
    run: echo after >>"witness.$RUN"
`;

const NOTE = `
holdfast: 1
name: note
on: etcd02
steps:
  - run: 'true'
`;

const folder = await mkdtemp(join(tmpdir(), 'holdfast-disks-'));
const disks = await openSmallDisks(folder, { folder: '32m', store: '16m', engine: '16m' });
let house: House;

beforeAll(async () => {
  if (disks === undefined) return;
  house = await openHouse({
    net: 47,
    hosts: 3,
    disk: '1G',
    etcdVersion: '3.4',
    data: disks.data,
    runbooks: { 'count.yaml': COUNT, 'note.yaml': NOTE },
  });
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await disks?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

afterEach(() => free('store', 'engine', 'folder'));

async function on(host: string, command: string): Promise<string> {
  return (await house.lab.ssh(host, command)).stdout;
}

async function fill(...names: readonly DiskName[]): Promise<void> {
  for (const name of names) await disks?.fill(name);
}

async function free(...names: readonly DiskName[]): Promise<void> {
  for (const name of names) await disks?.free(name);
}

function shown(run: string, words: string): Promise<string> {
  return until(`show says ${words}`, async () => {
    const { stdout } = await house.holdfast('show', run);
    return stdout.includes(words) ? stdout : undefined;
  });
}

async function counting(): Promise<string> {
  const run = await house.start('count');
  await until('it counts', async () =>
    (await on('etcd00', `cat witness.${run} 2>/dev/null`)).includes('begun') ? true : undefined,
  );
  return run;
}

/** A run whose request takes room in Temporal's file, which has some that is free inside. Answers the warnings of its start. */
async function growing(): Promise<readonly string[]> {
  const request = { runbook: 'note', inputs: {}, reason: randomBytes(40_000).toString('hex') };
  return (await (await house.api()).post<RunAccepted>('/api/runs', request)).body.warnings;
}

/** Each command ran once, and what it said is kept to the last line. */
async function isWhole(run: string): Promise<void> {
  const said = await on('etcd00', `cat witness.${run}`);
  expect(said).toMatch(/^begun\nended \d+\nafter\n$/);
  const last = Number(/ended (\d+)/.exec(said)?.[1]);
  const { stdout } = await house.holdfast('logs', run, 'count');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => Number(line.split(' ')[1]))).toEqual(
    Array.from({ length: last }, (_, index) => index + 1),
  );
}

describe.skipIf(disks === undefined)('a full disk', () => {
  test('of the store: the run waits and says why, nothing is lost, and it goes on when there is room', async () => {
    const run = await counting();
    await fill('store');
    await on('etcd00', `touch end.${run}`);
    expect(await shown(run, 'no space is left for ledger.db')).toMatch(
      /WARNING .*KiB free\): runs wait until/,
    );
    const doctor = await house.holdfast('doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/error +data folder +no space is left for ledger\.db/);
    const another = await house.holdfast('run', 'count', '--yes', '--detach');
    expect(another.stderr).toMatch(/No space is left for the store .*: nothing of this write was kept/);
    await free('store');
    await house.reaches(run, 'succeeded');
    expect((await house.holdfast('show', run)).stdout).not.toContain('WARNING');
    await isWhole(run);
  });

  test('of Temporal and of the logs: nobody ends, the run waits and says why, and goes on by itself', async () => {
    const before = await house.server();
    const run = await counting();
    await fill('engine', 'folder');
    await until('Temporal needs more room than its file has', async () =>
      (await growing()).length > 0 ? true : undefined,
    );
    await on('etcd00', `touch end.${run}`);
    const page = await shown(run, 'Temporal has not answered for');
    expect(page).toContain('no space is left for temporal.db');
    expect(page).toContain('no space is left for ledger.db.logs');
    const doctor = await house.holdfast('doctor');
    expect(doctor.stdout).toMatch(/error +Temporal +Temporal at .* does not answer/);
    await free('engine', 'folder');
    await house.reaches(run, 'succeeded');
    await isWhole(run);
    expect(await house.server()).toEqual(before);
  });

  test('under all of it when it is to start: up says what is full and is over', async () => {
    const other = await mkdtemp(join(tmpdir(), 'holdfast-disks-'));
    try {
      await using small = await openSmallDisks(other, { folder: '1m', store: '8m', engine: '8m' });
      await small?.fill('folder');
      const up = await finished(spawnHoldfast(other, ['up'], small?.data.through));
      expect(up.code).toBe(2);
      expect(up.stderr).toMatch(/Holdfast can't start: no space is left for .* \(0 KiB free\)/);
      expect(up.stderr).toMatch(/next: +Make room in \S+, then start it again/);
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  test('of a host: what the run needs is kept in memory, the check says the figures, and retry goes on with room', async () => {
    const installed = await house.start('etcd/install');
    await house.reaches(installed, 'succeeded');
    await house.lab.break({ kind: 'full-disk', host: 'etcd01' });
    const run = await house.start('etcd/bootstrap');
    const figures = /etcd01: failed, not met: room for the log \(free_mb = 0, need_mb = \d+\)/;
    const held = await house.reaches(run, 'held');
    expect(held.held[0]).toMatchObject({ step: 'ready', hosts: ['etcd01'] });
    expect(held.held[0]?.why).toMatch(figures);
    expect((await house.holdfast('show', run)).stdout).toMatch(figures);
    const places = (await house.entries(run)).flatMap(({ kind, data }) =>
      kind === 'place.chosen' && data.host === 'etcd01' ? [data.memory] : [],
    );
    expect(places).toEqual([true]);

    await house.lab.break({ kind: 'free-disk', host: 'etcd01' });
    expect((await house.holdfast('retry', run)).code).toBe(0);
    await house.reaches(run, 'succeeded');
  });
});
