import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runId } from '../plan/ids.ts';
import { openSealed } from './sealed.ts';

const run = runId('r-1');
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'holdfast-sealed-')), 'sealed');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

test('what is sealed is kept for its owner alone, and found by whoever opens the folder next', async () => {
  await openSealed(folder).keep('r-1/a', Buffer.from('sealed'));
  const next = openSealed(folder);
  expect(Buffer.from((await next.read('r-1/a')) ?? []).toString()).toBe('sealed');
  expect(await next.list(run)).toEqual(['r-1/a']);
  expect(await next.runs()).toEqual(['r-1']);
  expect((await stat(join(folder, 'r-1', 'a'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'r-1'))).mode & 0o777).toBe(0o700);
});

test('a run is erased whole, as often as is wanted, and another one is not', async () => {
  const sealed = openSealed(folder);
  await sealed.keep('r-1/a', Buffer.from('one'));
  await sealed.keep('r-2/a', Buffer.from('two'));
  await sealed.erase(run);
  await sealed.erase(run);
  expect(await sealed.read('r-1/a')).toBeUndefined();
  expect(await sealed.list(run)).toEqual([]);
  expect(await readdir(folder)).toEqual(['r-2']);
});

test('a value that is still being written is no value', async () => {
  const sealed = openSealed(folder);
  await sealed.keep('r-1/a', Buffer.from('one'));
  await sealed.keep('r-1/b', Buffer.from('two'));
  expect((await readdir(join(folder, 'r-1'))).sort()).toEqual(['a', 'b']);
});

test.each(['../token', 'r-1/../../token', 'r-1', 'r-1/a.part', '/etc/passwd', 'r-1/a/b', ''])(
  'a handle leads nowhere else: %s',
  async (handle) => {
    const sealed = openSealed(folder);
    await expect(sealed.read(handle)).rejects.toMatchObject({ code: 'ledger/no-handle' });
    await expect(sealed.keep(handle, Buffer.from('x'))).rejects.toMatchObject({ code: 'ledger/no-handle' });
  },
);

test('without a folder of its own it leaves nothing', async () => {
  const sealed = openSealed(undefined);
  await sealed.keep('r-1/a', Buffer.from('one'));
  expect(await sealed.list(run)).toEqual(['r-1/a']);
  await sealed.close();
  expect(await sealed.read('r-1/a')).toBeUndefined();
});
