import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { textDigest } from '../../plan/digest.ts';
import { type FoundFiles, filesAt } from './copied-files.ts';

/**
 * Where runbooks and what they include are found. Files have ids, which stand in plans and complaints: `etcd/rebuild.yaml`.
 * They do not name the machine's folders, so that the same runbook gives the same plan everywhere.
 */
export type Library = {
  /** Names of all runbooks, sorted. */
  names(): readonly string[];
  /** The file of a runbook's name (`etcd/rebuild`), or of a path that a person gave. */
  locate(name: string): string | undefined;
  /** The file that an include means: beside the file that says so, else from a root of the library. */
  resolve(from: string, include: string): string | undefined;
  read(file: string): string | undefined;
  /** Where on this machine a file of that id is, if it is one. */
  path?(file: string): string | undefined;
  /** What a copy means: a file or folder beside the file that says so, else from a root of the library. */
  files(from: string, named: string): FoundFiles | undefined;
};

const ENDINGS = ['.yaml', '.yml'];

/**
 * Runbooks in folders; where two have the same name, the earlier folder's is meant. A file outside of them can be
 * named by its path if `outside` allows it (for a person's own command line, never for a server's caller).
 */
export function folderLibrary(
  folders: readonly string[],
  options: { readonly outside?: 'allowed' } = {},
): Library {
  const roots = folders.map((folder) => resolve(folder));
  const files = new Map<string, string>();

  function register(path: string): string | undefined {
    if (!isFile(path)) return undefined;
    const root = roots.find((each) => path.startsWith(each + sep));
    if (root === undefined && options.outside !== 'allowed') return undefined;
    const id = root === undefined ? idOf(relative(process.cwd(), path)) : idIn(root, path);
    files.set(id, path);
    return id;
  }

  /** Where an earlier folder has a file of the same name, the folder is named too: both may be read. */
  function idIn(root: string, path: string): string {
    const id = idOf(relative(root, path));
    const rank = roots.indexOf(root);
    return roots.slice(0, rank).some((earlier) => isFile(join(earlier, id)))
      ? `${basename(root)}-${rank + 1}:${id}`
      : id;
  }

  function pathOf(id: string): string | undefined {
    const known = files.get(id);
    if (known !== undefined) return known;
    return roots.map((root) => join(root, id)).find(isFile);
  }

  function candidates(from: string, named: string): readonly string[] {
    const beside = pathOf(from);
    return [
      ...(beside === undefined ? [] : [resolve(dirname(beside), named)]),
      ...roots.map((root) => resolve(root, named)),
    ];
  }

  return {
    names: () => {
      const found = roots.flatMap((root) =>
        yamlFiles(root)
          .filter((path) => isRunbook(readFileSync(path, 'utf8')))
          .map((path) => withoutEnding(idOf(relative(root, path)))),
      );
      return [...new Set(found)].sort();
    },
    locate: (name) => {
      if (!isAbsolute(name) && !name.split('/').includes('..'))
        for (const root of roots)
          for (const ending of ENDINGS) {
            const found =
              register(join(root, name + ending)) ??
              (name.endsWith(ending) ? register(join(root, name)) : undefined);
            if (found !== undefined) return found;
          }
      return register(resolve(name));
    },
    resolve: (from, include) => {
      if (isAbsolute(include)) return options.outside === 'allowed' ? register(include) : undefined;
      for (const candidate of candidates(from, include)) {
        const found = register(candidate);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    read: (file) => {
      const path = pathOf(file);
      return path === undefined ? undefined : readFileSync(path, 'utf8');
    },
    path: pathOf,
    files: (from, named) => {
      const found = candidates(from, named).find((path) => existsSync(path));
      if (found === undefined) return undefined;
      const inside = roots.some(
        (root) => existsSync(root) && isWithin(realpathSync(root), realpathSync(found)),
      );
      return inside || options.outside === 'allowed' ? filesAt(found) : undefined;
    },
  };
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}

/** A library of texts by file id, for tests and for texts that are in no file. */
export function textLibrary(texts: { readonly [file: string]: string }): Library {
  const locate = (name: string) =>
    [name, ...ENDINGS.map((ending) => name + ending)].find((id) => Object.hasOwn(texts, id));
  return {
    names: () =>
      Object.keys(texts)
        .filter((id) => ENDINGS.some((ending) => id.endsWith(ending)) && isRunbook(texts[id] ?? ''))
        .map(withoutEnding)
        .sort(),
    locate,
    resolve: (from, include) => locate(idOf(join(dirname(from), include))) ?? locate(include),
    read: (file) => texts[file],
    files: (from, named) => {
      const id = [idOf(join(dirname(from), named)), named].find((each) => Object.hasOwn(texts, each));
      const text = texts[id ?? ''];
      if (id === undefined || text === undefined) return undefined;
      const read = () => ({ sha256: textDigest(text), bytes: Buffer.byteLength(text), place: id });
      return { kind: 'file', files: [{ path: id, executable: false, read }] };
    },
  };
}

/** Fragments and tests are YAML too. What is broken is still a runbook, so that somebody hears of it. */
function isRunbook(text: string): boolean {
  return /^['"]?(holdfast|steps)['"]?[ \t]{0,20}:/m.test(text) || text.startsWith('{');
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function idOf(path: string): string {
  return path.split(sep).join('/');
}

function withoutEnding(id: string): string {
  return id.replace(/\.ya?ml$/, '');
}

function yamlFiles(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ENDINGS.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name));
}
