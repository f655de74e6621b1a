import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inventoryOf } from '../lab/lab.ts';
import { type TestLab, testLab } from '../lab/testLab.ts';
import { anOldNode, type CliResult, finished, gather, run, stop, until } from './support/processes.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const HELLO = `
holdfast: 1
name: hello
summary: Says hello.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: greet
    run: echo "hello from $(hostname)" | tee -a witness
`;

const SHIPPED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'bin',
  'dist',
  'node_modules',
  'package.json',
  'runbooks',
  'schema',
];

let folder: string;
let lab: TestLab;
let node: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-installed-'));
  // The launcher has to find Node 24 beside itself where the machine has an older one.
  node = (await anOldNode()) ?? process.execPath;
  const packed = await run('npm', ['pack', '--loglevel=error', '--pack-destination', folder], CHECKOUT);
  expect(packed.code, packed.stdout + packed.stderr).toBe(0);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = await run('npm', ['install', ...flags, join(folder, tarball)], folder);
  expect(installed.code, installed.stderr).toBe(0);
  await mkdir(join(folder, 'runbooks'));
  await writeFile(join(folder, 'runbooks', 'hello.yaml'), HELLO);
  lab = await testLab({ net: 65 });
});
afterAll(async () => {
  await lab?.down();
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

/** The installed command, started elsewhere than in the checkout. */
function start(...args: readonly string[]): ChildProcess {
  const launcher = join(folder, 'node_modules', 'holdfast', 'bin', 'holdfast');
  const env = { ...process.env, HOLDFAST_DATA: join(folder, 'data'), NO_COLOR: '1' };
  return spawn(node, [launcher, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function holdfast(...args: readonly string[]): Promise<CliResult> {
  return finished(start(...args));
}

test('an installed package helps, and checks the runbooks that come with it and those of its user', async () => {
  const help = await holdfast('--help');
  expect(help.code, help.stderr).toBe(0);
  expect(help.stdout).toContain('Usage: holdfast COMMAND');
  const checked = await holdfast('validate');
  expect(checked.code, checked.stdout).toBe(0);
  expect(checked.stderr).toMatch(/✓ \d\d files: nothing to complain of\./);
});

test('it tests the runbooks that come with it, without a server', async () => {
  const tested = await holdfast(
    'test',
    join(folder, 'node_modules', 'holdfast', 'runbooks', 'etcd', 'stop.test.yaml'),
  );
  expect(tested.code, tested.stdout + tested.stderr).toBe(0);
  expect(tested.stdout).toMatch(/✓ etcd\/stop {2}\d+ cases/);
});

test('it has no sources, tests or folders of the checkout in it', async () => {
  const top = await readdir(join(folder, 'node_modules', 'holdfast'));
  for (const name of top) expect(SHIPPED).toContain(name);
  const dist = await readdir(join(folder, 'node_modules', 'holdfast', 'dist'), { recursive: true });
  expect(dist.filter((name) => /\.test\.|\.fixture\.|\.ts$/.test(name))).toEqual([]);
  expect(dist).toContain('workflow-bundle.js');
});

test('it is up, and runs a runbook on a host', { timeout: 300_000 }, async () => {
  const up = start('up', '--port', '0', '--inventory', inventoryOf(lab.lab));
  const [out, err] = [gather(up.stdout), gather(up.stderr)];
  try {
    await until(
      'it is up',
      async () => {
        if (up.exitCode !== null) throw new Error(`holdfast up ended: ${err()}`);
        return out().includes('http://') ? true : undefined;
      },
      240_000,
    );
    const done = await holdfast('run', 'hello', '--yes');
    expect(done.code, done.stdout + done.stderr).toBe(0);
    expect((await holdfast('logs', '@last', 'greet')).stdout).toMatch(/^hello from \S+\n$/);
    expect((await lab.ssh('etcd00', 'wc -l <witness')).stdout.trim()).toBe('1');
  } finally {
    await stop(up);
  }
});
