import { globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Complaints } from '../../plan/complaints.ts';
import { type ConfigLine, parseLines } from './lines.ts';
import { matchCriteria, UNREAD_CRITERIA } from './match.ts';

/** The ssh configs of a machine, `Include` followed; what of them has no effect here stands in `complaints`. */
export type SshConfig = {
  readonly files: readonly (readonly ConfigLine[])[];
  readonly complaints: Complaints;
};

/** A file, and the folder by which its `Include` lines go. */
export type ConfigFile = { readonly path: string; readonly folder: string };

/** Gives the text of a file, or nothing where there is none. */
export type ReadText = (path: string) => string | undefined;

/** OpenSSH follows so many levels of Include. */
const DEEPEST_INCLUDE = 16;

/** Reads ssh configs as ssh_config(5) says: earlier files win. Nothing is run and no name is looked up. */
export function readSshConfig(files: readonly ConfigFile[], home: string, read: ReadText): SshConfig {
  const complaints = new Complaints();
  return { files: files.flatMap((file) => readFile(file, 0)), complaints };

  function readFile(file: ConfigFile, depth: number): readonly (readonly ConfigLine[])[] {
    const text = read(file.path);
    if (text === undefined) return [];
    const { lines, bad } = parseLines(file.path, text);
    for (const { at, says } of bad)
      complaints.warning(at, {
        code: 'ssh-config/line',
        message: `${says}: this line of the ssh config is passed over; ssh would refuse the file.`,
        mend: 'Correct the line.',
      });
    return [lines.map((line) => understood(line, file, depth))];
  }

  function understood(line: ConfigLine, file: ConfigFile, depth: number): ConfigLine {
    if (line.keyword === 'include') return { ...line, included: included(line, file, depth) };
    const unread = line.keyword === 'match' ? unreadCriterion(line) : undefined;
    if (unread !== undefined)
      complaints.warning(line.at, {
        code: 'ssh-config/match',
        message: `Match ${unread} is not looked at: what stands below it in the ssh config has no effect here.`,
        mend: 'Say it below Host, or Match host, originalhost or user.',
      });
    if (line.keyword === 'canonicalizehostname' && !/^(no|false)$/i.test(line.args[0] ?? 'no'))
      complaints.warning(line.at, {
        code: 'ssh-config/canonicalize',
        message: 'CanonicalizeHostname has no effect here: names are taken as the inventory has them.',
        mend: 'Write whole names into the inventory, or HostName into the ssh config.',
      });
    return line;
  }

  function included(line: ConfigLine, file: ConfigFile, depth: number): readonly (readonly ConfigLine[])[] {
    if (depth >= DEEPEST_INCLUDE) {
      complaints.warning(line.at, {
        code: 'ssh-config/line',
        message: 'Files include each other too deeply: this Include is passed over.',
        mend: 'Look for files that include each other.',
      });
      return [];
    }
    return line.args
      .map((pattern) => expandHome(pattern, home))
      .map((pattern) => (isAbsolute(pattern) ? pattern : join(file.folder, pattern)))
      .flatMap((pattern) => (/[*?[]/.test(pattern) ? globSync(pattern).sort() : [pattern]))
      .flatMap((path) => readFile({ path, folder: file.folder }, depth + 1));
  }
}

/** The configs that `ssh` itself would read on this machine: the user's, then the system's. */
export function machineSshConfig(home: string = homedir()): SshConfig {
  const files = [
    { path: join(home, '.ssh', 'config'), folder: join(home, '.ssh') },
    { path: '/etc/ssh/ssh_config', folder: '/etc/ssh' },
  ];
  return readSshConfig(files, home, readText);
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

function unreadCriterion(line: ConfigLine): string | undefined {
  return matchCriteria(line.args).find(({ name }) => UNREAD_CRITERIA.includes(name))?.name;
}
