import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { madeFiles } from './made-files.ts';

/** `npm run reference`: writes the schema for editors and the pages that are made of code; pages of codes that are gone are removed. */
const root = join(import.meta.dirname, '../..');
const files = madeFiles();
for await (const old of glob('docs/complaints/**/*.md', { cwd: root }))
  if (!files.has(old)) await rm(join(root, old));
for (const [path, text] of files) {
  const file = join(root, path);
  if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
