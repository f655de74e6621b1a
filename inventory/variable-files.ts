import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Complaints } from '../plan/complaints.ts';
import { readTextFile } from './files.ts';
import type { RawInventory, RawVariables } from './raw.ts';
import { readYamlVariables } from './read-yaml.ts';

const ENDINGS = ['', '.yml', '.yaml', '.json'];

/** Reads `group_vars` and `host_vars` of a folder. Answers the files it read. */
export function readVariableFolders(
  folder: string,
  raw: RawInventory,
  complaints: Complaints,
): readonly string[] {
  const files: string[] = [];
  const at = { file: folder, line: 1, column: 1 };
  // They count also where no file names these two.
  for (const name of ['all', 'ungrouped']) raw.group(name, at);
  const groupVars = join(folder, 'group_vars');
  const hostVars = join(folder, 'host_vars');
  if (isFolder(groupVars))
    for (const [name, group] of raw.groups) read(join(groupVars, name), group.fileVars);
  if (isFolder(hostVars)) for (const [name, host] of raw.hosts) read(join(hostVars, name), host.fileVars);
  return files;

  function read(path: string, into: RawVariables): void {
    for (const file of variableFiles(path)) {
      const text = readTextFile(file, complaints);
      if (text === undefined) continue;
      readYamlVariables(file, text, into, complaints);
      files.push(file);
    }
  }
}

/** `etcd`, `etcd.yml`, `etcd.yaml` or `etcd.json`, the first there is; all files of it where it is a folder. */
function variableFiles(path: string): readonly string[] {
  const found = ENDINGS.map((ending) => path + ending).find((each) => existsSync(each));
  if (found === undefined) return [];
  return isFolder(found) ? filesInside(found, 0) : [found];
}

/** Deeper folders than this hold no variables. */
const DEEPEST = 20;

function filesInside(folder: string, depth: number): readonly string[] {
  if (depth > DEEPEST) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (isFolder(path)) return extname(name) === '' ? filesInside(path, depth + 1) : [];
      return ENDINGS.includes(extname(name)) ? [path] : [];
    });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
