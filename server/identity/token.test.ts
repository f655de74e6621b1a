import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSealingKey } from '../../activities/secrets/sealing.ts';
import { requireLoopback } from './loopback.ts';
import { keepSealingKey } from './sealingKey.ts';
import { keptToken } from './token.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-token-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the token is made once and only its owner can read it', async () => {
  const file = join(folder, 'data', 'token');
  const token = await keptToken(file);
  expect(token).toMatch(/^hf_[\w-]{43}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await keptToken(file)).toBe(token);
});

test('the key for sensitive outputs is one that workers read, made once, for its owner alone', async () => {
  const file = join(folder, 'data', 'sealing-key');
  await keepSealingKey(file);
  const key = await readFile(file, 'utf8');
  expect(readSealingKey(key)?.bytes).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await keepSealingKey(file);
  expect(await readFile(file, 'utf8')).toBe(key);
});

test.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost'])('%s is this machine alone', (address) => {
  expect(() => requireLoopback(address)).not.toThrow();
});

test.each(['0.0.0.0', '10.0.0.1', '::', 'example.org', '127.0.0.1.example.org'])(
  'listening on %s is refused in a sentence',
  (address) => {
    expect(() => requireLoopback(address)).toThrow(expect.objectContaining({ code: 'server/not-loopback' }));
  },
);
