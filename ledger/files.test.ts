import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { textDigest } from '../plan/digest.ts';
import { openFiles } from './files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-files-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function source(text: string) {
  const path = join(folder, 'source');
  await writeFile(path, text);
  return { path, sha256: textDigest(text), bytes: text.length };
}

test('a file is kept as it was when it was planned, and read by parts', async () => {
  const files = openFiles(join(folder, 'kept'));
  const file = await source('0123456789');
  await files.keep(file);
  await writeFile(file.path, 'another');
  await files.keep(file);
  expect(Buffer.from(await files.read(file.sha256, 4, 3)).toString()).toBe('456');
  expect(await files.read(file.sha256, 10, 3)).toHaveLength(0);
});

test('a file that has changed since it was planned is refused, and nothing of it stays', async () => {
  const files = openFiles(join(folder, 'kept'));
  const file = await source('planned');
  await writeFile(file.path, 'changed');
  await expect(files.keep(file)).rejects.toMatchObject({ code: 'ledger/file-changed' });
  await expect(files.read(file.sha256, 0, 1)).rejects.toMatchObject({ code: 'ledger/no-file' });
  expect(await readdir(join(folder, 'kept'))).toEqual([]);
});
