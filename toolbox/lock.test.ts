import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from './lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('only one at a time holds it, and each gets its turn', async () => {
  let inside = 0;
  let most = 0;
  const turns = Array.from({ length: 5 }, async () => {
    const lock = await takeLock(join(folder, 'lock'));
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    await lock.release();
  });
  await Promise.all(turns);
  expect(most).toBe(1);
});

test('who waits is told for whom', async () => {
  const first = await takeLock(join(folder, 'lock'));
  const told = Promise.withResolvers<number>();
  const second = takeLock(join(folder, 'lock'), { onWait: told.resolve });
  expect(await told.promise).toBe(process.pid);
  await first.release();
  await (await second).release();
});

test('the lock of a dead process is taken over', async () => {
  await mkdir(join(folder, 'lock'));
  const dead = { pid: 2 ** 22 + 1, started: '1', namespace: await ownNamespace() };
  await writeFile(join(folder, 'lock', 'owner.json'), JSON.stringify(dead));
  const lock = await takeLock(join(folder, 'lock'));
  await lock.release();
});

test('a pid that was given to another process does not keep the lock', async () => {
  await mkdir(join(folder, 'lock'));
  const earlier = { pid: process.pid, started: 'long ago', namespace: await ownNamespace() };
  await writeFile(join(folder, 'lock', 'owner.json'), JSON.stringify(earlier));
  const lock = await takeLock(join(folder, 'lock'));
  await lock.release();
});

test('waiting ends when it is aborted, and the holder keeps it', async () => {
  const lock = await takeLock(join(folder, 'lock'));
  const stop = new AbortController();
  const waiting = takeLock(join(folder, 'lock'), { signal: stop.signal, onWait: () => stop.abort() });
  await expect(waiting).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['lock']);
  await lock.release();
});

test('nothing is left behind', async () => {
  const lock = await takeLock(join(folder, 'lock'));
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});

async function ownNamespace(): Promise<string> {
  const lock = await takeLock(join(folder, 'other'));
  const owner: unknown = JSON.parse(await readFile(join(folder, 'other', 'owner.json'), 'utf8'));
  await lock.release();
  return typeof owner === 'object' && owner !== null && 'namespace' in owner ? String(owner.namespace) : '';
}
