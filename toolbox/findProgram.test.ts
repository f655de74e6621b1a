import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FindOptions, findProgram } from './findProgram.ts';
import { type Fetcher, missed, type Way } from './way.ts';
import { cacheWay } from './ways/cache.ts';
import { fetched } from './ways/fetched.ts';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'holdfast-cache-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

function options(...ways: readonly Way[]): FindOptions {
  return { env: { HOLDFAST_CACHE: cache }, ways };
}

/** A fetcher that lays down an "etcd" of this content and counts how often it is asked. */
function writing(content: string): { readonly way: Way; readonly calls: () => number } {
  let calls = 0;
  const fetcher: Fetcher = {
    origin: 'release',
    name: 'the release download',
    offers: () => ({}),
    fetch: async (_request, into) => {
      calls += 1;
      await mkdir(join(into, 'bin'));
      await writeFile(join(into, 'bin', 'etcd'), content);
      return { kind: 'fetched', kit: { version: '3.4.23', programs: { etcd: 'bin/etcd' } } };
    },
  };
  return { way: fetched(fetcher), calls: () => calls };
}

function failing(error: Error): Way {
  return fetched({
    origin: 'go',
    name: 'a build',
    offers: () => ({}),
    fetch: async (_request, into) => {
      await writeFile(join(into, 'half'), 'half a file');
      throw error;
    },
  });
}

const missing: Way = { name: 'PATH', find: async () => missed('no etcd on it') };

test('the ways are tried in order until one has it, and what it fetched is in the cache for the next', async () => {
  const release = writing('program');
  const first = await findProgram('etcd', '3.4', options(missing, cacheWay, release.way));
  expect(first).toMatchObject({ version: '3.4.23', from: 'release' });
  const second = await findProgram('etcd', '3.4', options(missing, cacheWay, release.way));
  expect(second).toEqual({ ...first, from: 'cache' });
  expect(release.calls()).toBe(1);
});

test('two who want it at once fetch it once', async () => {
  const release = writing('program');
  const both = await Promise.all([
    findProgram('etcd', '3.4', options(cacheWay, release.way)),
    findProgram('etcd', '3.4', options(cacheWay, release.way)),
  ]);
  expect(both[0]?.path).toBe(both[1]?.path);
  expect(release.calls()).toBe(1);
});

test('a fetch leaves alone what is being fetched of a kit whose name begins like its own', async () => {
  const other = join(cache, 'work', 'temporal-server-12-x');
  const left = join(cache, 'work', 'temporal-12-x');
  for (const folder of [other, left]) await mkdir(folder, { recursive: true });
  const nothing = fetched({
    origin: 'go',
    name: 'a build',
    offers: () => ({}),
    fetch: async () => missed('not this time'),
  });
  await expect(findProgram('temporal', '1', options(nothing))).rejects.toThrow('not this time');
  expect(await readdir(join(cache, 'work'))).toEqual(['temporal-server-12-x']);
});

test('a fetch that breaks off leaves nothing half and no lock', async () => {
  await expect(findProgram('etcd', '3.4', options(failing(new Error('cut'))))).rejects.toThrow('cut');
  expect(await readdir(join(cache, 'work'))).toEqual([]);
  expect(await readdir(join(cache, 'locks'))).toEqual([]);
  await expect(readdir(join(cache, 'programs'))).rejects.toThrow();
});

test('a cached program that was changed is not handed out but fetched again', async () => {
  const release = writing('program');
  const found = await findProgram('etcd', '3.4', options(cacheWay, release.way));
  await writeFile(found.path, 'tampered');
  await expect(findProgram('etcd', '3.4', options(cacheWay))).rejects.toThrow('SHA-256');
  const again = await findProgram('etcd', '3.4', options(cacheWay, release.way));
  expect(again.path).toBe(found.path);
  expect(release.calls()).toBe(2);
});

test('the error lists each way with its reason, and what a person can do', async () => {
  const build: Way = {
    name: 'a build from Go modules',
    find: async () => missed('go is not on this machine', 'install Go'),
  };
  await expect(findProgram('etcd', '3.4', options(missing, build))).rejects.toMatchObject({
    code: 'program_not_found',
    message: expect.stringMatching(
      /^etcd 3\.4 is not .*\n {2}- PATH: no etcd on it\n {2}- a build from Go modules: go is not on this machine$/,
    ),
    mend: expect.stringMatching(/HOLDFAST_ETCD[\s\S]*install Go/),
  });
});

test('a cache that cannot be written is said, with the way out', async () => {
  await writeFile(join(cache, 'file'), '');
  const env = { HOLDFAST_CACHE: join(cache, 'file') };
  await expect(findProgram('etcd', '3.4', { env, ways: [writing('x').way] })).rejects.toMatchObject({
    mend: expect.stringContaining('HOLDFAST_CACHE'),
  });
});
