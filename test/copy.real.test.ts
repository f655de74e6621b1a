import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

const COPIES = `
holdfast: 1
name: copies
summary: A file and a folder of the runbook to all hosts, and something of one host to the others.
inputs:
  hosts: { type: hosts, default: etcd }
on: hosts
steps:
  - id: config
    copy: { from: files/etcd.conf, to: conf/etcd.conf, mode: '0600' }
  - id: folder
    copy: { from: files, to: apps/etcd }
  - id: make
    on: hosts[0]
    run: echo "made on $(cat conf/etcd.conf)" >made
  - id: spread
    on: hosts:!hosts[0]
    copy: { from: { host: 'hosts[0]', path: made }, to: 'from there/made' }
  - id: count
    env: { FILES: '\${{ folder.files }}' }
    run: echo "$FILES files"
outputs:
  files: folder.rows.map(r, r.files)
`;

const LARGE = `
holdfast: 1
name: large
summary: A file that takes a while.
steps:
  - id: large
    on: etcd00
    copy: { from: large.bin, to: large.bin }
`;

/** Over a slow way that takes some seconds. */
const LARGE_BYTES = 40_000_000;
/** Not compressible, and quickly made. */
const block = randomBytes(1_000_000);

let house: House;
beforeAll(async () => {
  house = await openHouse({
    net: 62,
    hosts: 3,
    proxy: true,
    runbooks: { 'copies.yaml': COPIES, 'large.yaml': LARGE },
  });
  await house.write('files/etcd.conf', 'name: etcd');
  await house.write('files/bin/start.sh', 'echo start');
});
afterAll(() => house?.[Symbol.asyncDispose]());

const on = async (host: string, command: string) => (await house.lab.ssh(host, command)).stdout;

test('files and folders arrive on every host, with their modes; a second run finds them as they should be', async () => {
  const { code, stderr } = await house.holdfast('run', 'copies', '--yes', '-m', 'a test');
  expect(code, stderr).toBe(0);
  for (const host of ['etcd00', 'etcd01', 'etcd02']) {
    expect(await on(host, 'cat apps/etcd/bin/start.sh; stat -c %a conf/etcd.conf')).toBe('echo start600\n');
  }
  expect(await on('etcd02', "cat 'from there/made'")).toBe('made on name: etcd\n');

  const again = await house.start('copies');
  const view = await house.reaches(again, 'succeeded');
  const outcomes = view.steps.filter(({ step }) => step === 'config' || step === 'folder');
  expect(outcomes.flatMap(({ hosts }) => hosts.map(({ outcome }) => outcome))).toEqual(
    Array(6).fill('unchanged'),
  );
  expect(view.outputs).toEqual({ files: [2, 2, 2] });
});

test('a worker killed in the middle of a large file is replaced, and the file goes on from where it was', async () => {
  const sum = createHash('sha256');
  const blocks = Array.from({ length: LARGE_BYTES / block.length }, () => block);
  for (const piece of blocks) sum.update(piece);
  await house.write('large.bin', Buffer.concat(blocks));
  await house.lab.break({ kind: 'slow', host: 'etcd00', delayMs: 200 });
  const run = await house.start('large');
  const looked = async (name: string) => {
    const [inode = '', size = ''] = (await on('etcd00', `stat -c '%i %s' ${name}`)).trim().split(' ');
    return { inode, size: Number(size) };
  };
  const before = await until('a part of it has arrived', async () => {
    const part = await looked('.holdfast-*').catch(() => undefined);
    return part !== undefined && part.size > 1_000_000 ? part : undefined;
  });
  await house.killWorker();
  expect(before.size).toBeLessThan(LARGE_BYTES);
  await house.lab.break({ kind: 'heal', host: 'etcd00' });
  await house.reaches(run, 'succeeded');
  expect(await on('etcd00', 'sha256sum <large.bin')).toBe(`${sum.digest('hex')}  -\n`);
  // The same file on the disk, under its own name now: it was gone on with, and not begun again.
  expect(await looked('large.bin')).toEqual({ inode: before.inode, size: LARGE_BYTES });
});
