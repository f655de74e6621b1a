import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from './command.ts';
import { findProgram } from './findProgram.ts';
import { cacheWay } from './ways/cache.ts';
import { debianFetcher } from './ways/debian.ts';
import { environmentWay } from './ways/environment.ts';
import { fetched } from './ways/fetched.ts';
import { pathWay } from './ways/path.ts';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'holdfast-cache-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

test('etcd and its client come from one place and say the version they were asked for', async () => {
  const etcd = await findProgram('etcd', '3.4');
  const etcdctl = await findProgram('etcdctl', etcd.version);
  const said = await runCommand(etcdctl.path, ['version'], { env: { ...process.env, ETCDCTL_API: '3' } });
  expect(said.stdout).toContain(etcd.version);
  expect(etcd.version).toMatch(/^3\.4\./);
});

test('what the machine has is found on PATH, sshd also where PATH does not lead', async () => {
  const env = { ...process.env, PATH: '/usr/bin:/bin' };
  const ssh = await findProgram('ssh', undefined, { env, ways: [pathWay] });
  expect(ssh).toMatchObject({ from: 'path', version: expect.stringMatching(/^\d+\.\d+/) });
});

test('a path that the environment names goes before everything else', async () => {
  const env = { ...process.env, HOLDFAST_SSH: '/usr/bin/ssh' };
  const found = await findProgram('ssh', undefined, { env, ways: [environmentWay, pathWay] });
  expect(found).toMatchObject({ path: '/usr/bin/ssh', from: 'environment' });
  const wrong = { ...process.env, HOLDFAST_SSH: '/nowhere/ssh' };
  await expect(findProgram('ssh', undefined, { env: wrong, ways: [environmentWay] })).rejects.toMatchObject({
    message: expect.stringContaining('HOLDFAST_SSH is /nowhere/ssh'),
  });
});

test('a process killed in the middle of a fetch leaves nothing that the next one stumbles over', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HANGING_FETCH], {
    env: { ...process.env, HOLDFAST_CACHE: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(await readdir(join(cache, 'work'))).toHaveLength(1);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const env = { ...process.env, HOLDFAST_CACHE: cache };
  const nothing = fetched({
    origin: 'release',
    name: 'nothing',
    offers: () => ({}),
    fetch: async () => ({ kind: 'missed', why: 'not this time' }),
  });
  await expect(findProgram('etcd', '3.4', { env, ways: [cacheWay, nothing] })).rejects.toThrow(
    'not this time',
  );
  expect(await readdir(join(cache, 'work'))).toEqual([]);
  expect(await readdir(join(cache, 'locks'))).toEqual([]);
});

const HANGING_FETCH = `
import { findProgram } from ${JSON.stringify(new URL('./findProgram.ts', import.meta.url).href)};
import { fetched } from ${JSON.stringify(new URL('./ways/fetched.ts', import.meta.url).href)};
import { writeFileSync } from 'node:fs';
await findProgram('etcd', '3.4', { ways: [fetched({
  origin: 'release',
  name: 'hangs',
  offers: () => ({}),
  fetch: async (request, into) => {
    writeFileSync(into + '/half', 'half a file');
    console.log('fetching');
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  },
})] });
`;

const withoutApt = (await runCommand('apt-get', ['--version'])).kind === 'failed';

test.skipIf(withoutApt)("Debian's package is unpacked into the cache without being installed", async () => {
  const lines: string[] = [];
  const found = await findProgram('etcd', '3.4', {
    env: { ...process.env, HOLDFAST_CACHE: cache },
    ways: [fetched(debianFetcher)],
    progress: (line) => lines.push(line),
  });
  expect(found).toMatchObject({ from: 'debian', version: '3.4.23' });
  expect(found.path.startsWith(cache)).toBe(true);
  expect(lines.join('\n')).toContain('Debian bookworm');
  const said = await runCommand(found.path, ['--version']);
  expect(said.stdout).toContain('3.4.23');
  expect(await readdir(join(cache, 'work'))).toEqual([]);
});
