import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourcesDigest } from './sources.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sources-'));
  await writeFile(join(folder, 'index.ts'), "export { a } from './a.ts';\n");
  await writeFile(join(folder, 'a.ts'), 'export const a = 1;\n');
  await writeFile(join(folder, 'unused.ts'), 'export const b = 1;\n');
});
afterEach(() => rm(folder, { recursive: true }));

test('the digest changes with a file that the entry imports, and not with others', async () => {
  const entry = join(folder, 'index.ts');
  const before = await sourcesDigest(entry);
  await writeFile(join(folder, 'unused.ts'), 'export const b = 2;\n');
  expect(await sourcesDigest(entry)).toBe(before);
  await writeFile(join(folder, 'a.ts'), 'export const a = 2;\n');
  expect(await sourcesDigest(entry)).not.toBe(before);
});
