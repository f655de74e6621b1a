import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** A file of tests: its name as it is said to people, and its text. */
export type FoundTests = { readonly file: string; readonly path: string; readonly text: string };

const ENDING = /\.test\.ya?ml$/;

/**
 * The files of tests that are meant by paths (files of tests, runbooks beside them, folders) or by names of runbooks in
 * these folders; without any all of the folders. Sorted by name; what means nothing is told.
 */
export function findTests(
  paths: readonly string[],
  folders: readonly string[],
): { readonly files: readonly FoundTests[]; readonly strange: readonly string[] } {
  const found = new Map<string, FoundTests>();
  const strange: string[] = [];
  for (const path of paths.length === 0 ? folders : paths) {
    const these = meant(path, folders);
    if (these === undefined && paths.length > 0) strange.push(path);
    for (const file of these ?? []) found.set(file, read(file));
  }
  const files = [...found.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
  return { files, strange };
}

/**
 * The folders that the tests' runbooks are named from: that of `…/etcd/rebuild.test.yaml` for `test: etcd/rebuild`. They
 * go before all others, so that a test is about what stands beside it.
 */
export function rootsOf(files: readonly FoundTests[]): readonly string[] {
  const roots = files.flatMap(({ path, text }) => {
    const name = /^test:[ \t]*['"]?([\w./-]+)/m.exec(text)?.[1];
    const folder = name === undefined ? undefined : dirname(join('/', name)).slice(1);
    const around = dirname(path);
    if (folder === undefined) return [];
    if (folder === '') return [around];
    return around.endsWith(`/${folder}`) ? [around.slice(0, -folder.length - 1)] : [];
  });
  return [...new Set(roots)];
}

function meant(path: string, folders: readonly string[]): readonly string[] | undefined {
  const here = resolve(path);
  if (existsSync(here)) {
    if (statSync(here).isDirectory()) return inFolder(here);
    if (ENDING.test(here)) return [here];
    const beside = here.replace(/\.ya?ml$/, '.test.yaml');
    return beside !== here && existsSync(beside) ? [beside] : undefined;
  }
  for (const folder of folders) {
    const named = resolve(folder, `${path}.test.yaml`);
    if (existsSync(named)) return [named];
  }
  return undefined;
}

function inFolder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ENDING.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function read(path: string): FoundTests {
  const near = relative(process.cwd(), path);
  return { file: near.startsWith('..') ? path : near, path, text: readFileSync(path, 'utf8') };
}
