import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parse } from 'ssh-config';
import { type Complaint, Complaints } from '../plan/complaints.ts';
import { hostName } from '../plan/ids.ts';
import { resolveGroups } from './groups.ts';
import { type ConfiguredLogin, toPlanHost } from './hosts.ts';
import { type Inventory, makeInventory } from './inventory.ts';
import { type RawGroup, RawInventory, type RawVariables } from './raw.ts';
import { readIniInventory } from './read-ini.ts';
import { readYamlInventory, readYamlVariables } from './read-yaml.ts';

export type LoadOptions = {
  /** The text of an ssh config: its User, Port and HostName stand in for what the inventory leaves out. */
  readonly sshConfig?: string;
  /** Who logs in where nothing says so; left out: who runs this process. */
  readonly user?: string;
};

export type LoadedInventory =
  | { readonly ok: true; readonly inventory: Inventory; readonly warnings: readonly Complaint[] }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

/** Larger files are no inventories. Bytes. */
const LARGEST_FILE = 16_000_000;
const VARIABLE_ENDINGS = ['', '.yml', '.yaml', '.json'];

/**
 * Reads Ansible inventories: files in YAML or INI, or folders of them, with `group_vars` and `host_vars` beside them. Several
 * are read as one, later ones win. Everything that is wrong is answered at once, with its place; nothing is run.
 */
export function loadInventory(paths: readonly string[], options: LoadOptions = {}): LoadedInventory {
  const complaints = new Complaints();
  const raw = new RawInventory();
  const files: string[] = [];
  const folders = new Set<string>();
  for (const path of paths)
    for (const file of filesOf(path, complaints)) {
      const text = readFile(file, complaints);
      if (text === undefined) continue;
      files.push(file);
      folders.add(dirname(file));
      if (isYaml(file, text)) readYamlInventory(file, text, raw, complaints);
      else readIniInventory(file, text, raw, complaints);
    }
  for (const folder of folders) {
    for (const [name, group] of [...raw.groups, ...implied(raw, folder)])
      files.push(...readVariableFiles(join(folder, 'group_vars'), name, group.vars, complaints));
    for (const [name, host] of raw.hosts)
      files.push(...readVariableFiles(join(folder, 'host_vars'), name, host.vars, complaints));
  }
  const tree = resolveGroups(raw, complaints);
  const login = { configured: configuredLogin(options.sshConfig), user: options.user ?? userInfo().username };
  const hosts = [...raw.hosts.values()].map((host) => toPlanHost(raw, tree, host, login, complaints));
  if (complaints.failed) return { ok: false, complaints: complaints.sorted() };
  const order = hosts.map((host) => host.name);
  const groups = new Map(
    [...tree.members].map(([name, members]) => [name, order.filter((host) => members.has(hostName(host)))]),
  );
  return { ok: true, inventory: makeInventory(hosts, groups, files), warnings: complaints.sorted() };
}

/** `group_vars/all` counts also where no file names the group. */
function implied(raw: RawInventory, folder: string): readonly (readonly [string, RawGroup])[] {
  return ['all', 'ungrouped']
    .filter((name) => !raw.groups.has(name))
    .map((name) => [name, raw.group(name, { file: folder, line: 1, column: 1 })] as const);
}

function filesOf(path: string, complaints: Complaints): readonly string[] {
  const at = { file: path, line: 1, column: 1 };
  if (!existsSync(path)) {
    complaints.error(at, {
      code: 'inventory/not-found',
      message: `There is no inventory ${path}.`,
      mend: 'Name a file or folder that is there.',
    });
    return [];
  }
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^\.|~$|\.(orig|bak|retry|pyc|md|txt|sh|py|pub)$/.test(entry.name))
    .map((entry) => join(path, entry.name))
    .sort();
}

function readFile(file: string, complaints: Complaints): string | undefined {
  const at = { file, line: 1, column: 1 };
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE) throw new Error(`it has ${size} bytes, more than an inventory has`);
    const text = readFileSync(file, 'utf8');
    if (!text.startsWith('#!') && !text.includes('\0')) return text;
    complaints.error(at, {
      code: 'inventory/program',
      message: `${basename(file)} is a program; inventories that have to be run are not read.`,
      mend: 'Run it once with --list, save what it says as YAML, and name that file.',
    });
  } catch (thrown) {
    complaints.error(at, {
      code: 'inventory/unreadable',
      message: `${file} can't be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      mend: 'Look at its permissions.',
    });
  }
  return undefined;
}

function isYaml(file: string, text: string): boolean {
  if (/\.(ya?ml|json)$/.test(file)) return true;
  if (/\.(ini|cfg)$/.test(file)) return false;
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line));
  return first !== undefined && /^(---|\{|"?[A-Za-z0-9_.-]+"?\s*:\s*($|#))/.test(first);
}

/** `group_vars/etcd.yml`, or every file in the folder `group_vars/etcd`. Answers the files it read. */
function readVariableFiles(
  folder: string,
  name: string,
  into: RawVariables,
  complaints: Complaints,
): readonly string[] {
  if (!existsSync(folder)) return [];
  const read: string[] = [];
  for (const ending of VARIABLE_ENDINGS) {
    const path = join(folder, name + ending);
    if (!existsSync(path)) continue;
    for (const file of filesOf(path, complaints)) {
      const text = readFile(file, complaints);
      if (text === undefined) continue;
      readYamlVariables(file, text, into, complaints);
      read.push(file);
    }
  }
  return read;
}

function configuredLogin(text: string | undefined): ConfiguredLogin {
  if (text === undefined) return () => ({});
  const config = parse(text);
  return (host) => {
    const found = config.compute(host, { ignoreCase: true, matchExec: false });
    const one = (name: string): string | undefined => [found[name] ?? []].flat()[0];
    const user = one('user');
    const port = Number(one('port'));
    const address = one('hostname');
    return {
      ...(user === undefined ? {} : { user }),
      ...(Number.isInteger(port) && port > 0 ? { port } : {}),
      ...(address === undefined ? {} : { address }),
    };
  };
}
