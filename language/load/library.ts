import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

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
      const beside = pathOf(from);
      const candidates = [
        ...(beside === undefined ? [] : [resolve(dirname(beside), include)]),
        ...roots.map((root) => resolve(root, include)),
      ];
      for (const candidate of candidates) {
        const found = register(candidate);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    read: (file) => {
      const path = pathOf(file);
      return path === undefined ? undefined : readFileSync(path, 'utf8');
    },
  };
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
