import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { type Complaint, Complaints } from '../plan/complaints.ts';
import { inventoryFiles, isProgram, readTextFile } from './files.ts';
import { resolveGroups } from './groups.ts';
import { toPlanHost } from './hosts.ts';
import { type Inventory, makeInventory } from './inventory.ts';
import { RawInventory } from './raw.ts';
import { readIniInventory } from './read-ini.ts';
import { type ProgramLimits, readProgram } from './read-program.ts';
import { readYamlInventory } from './read-yaml.ts';
import type { SshConfig } from './ssh-config/read.ts';
import type { Unread } from './values.ts';
import { readVariableFolders } from './variable-files.ts';

export type LoadOptions = {
  /** Its User, Port and HostName stand in for what the inventory leaves out. */
  readonly sshConfig?: SshConfig;
  /** Who logs in where nothing says so; left out: who runs this process. */
  readonly user?: string;
  /** How long programs may take. */
  readonly limits?: ProgramLimits;
};

export type LoadedInventory =
  | { readonly ok: true; readonly inventory: Inventory }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

/**
 * Reads Ansible inventories: files in YAML or INI, programs that say one, or folders of them, with `group_vars` and `host_vars`
 * beside them. Several are read as one, later ones win. Everything that is wrong is answered at once, with its place.
 */
export async function loadInventory(
  paths: readonly string[],
  options: LoadOptions = {},
): Promise<LoadedInventory> {
  const complaints = new Complaints();
  const raw = new RawInventory();
  const files: string[] = [];
  const folders = new Set<string>();
  for (const file of paths.flatMap((path) => inventoryFiles(path, complaints))) {
    files.push(file);
    folders.add(dirname(file));
    if (isProgram(file)) await readProgram(file, raw, complaints, options.limits);
    else readInventoryFile(file, raw, complaints);
  }
  for (const folder of folders) files.push(...readVariableFolders(folder, raw, complaints));
  return resolve(raw, files, options, complaints);
}

/** The hosts of what was read. */
function resolve(
  raw: RawInventory,
  files: readonly string[],
  options: LoadOptions,
  complaints: Complaints,
): LoadedInventory {
  const tree = resolveGroups(raw, complaints);
  const login = { sshConfig: options.sshConfig, user: options.user ?? userInfo().username };
  const unread: Unread = new Map();
  const hosts = [...raw.hosts.values()].flatMap(
    (host) => toPlanHost(raw, tree, host, login, unread, complaints) ?? [],
  );
  if (complaints.failed) return { ok: false, complaints: complaints.sorted() };
  const order = hosts.map((host) => host.name);
  const groups = new Map(
    [...tree.members].map(([name, members]) => [name, order.filter((host) => members.has(host))]),
  );
  const warnings = [...complaints.sorted(), ...(options.sshConfig?.complaints.sorted() ?? [])];
  return { ok: true, inventory: makeInventory(hosts, groups, { files, warnings, unread }) };
}

function readInventoryFile(file: string, raw: RawInventory, complaints: Complaints): void {
  const text = readTextFile(file, complaints);
  if (text === undefined) return;
  if (isYaml(file, text)) readYamlInventory(file, text, raw, complaints);
  else readIniInventory(file, text, raw, complaints);
}

function isYaml(file: string, text: string): boolean {
  if (/\.(ya?ml|json)$/.test(file)) return true;
  if (/\.(ini|cfg)$/.test(file)) return false;
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line));
  return first !== undefined && /^(---|\{|"?[A-Za-z0-9_.-]+"?\s*:\s*($|#))/.test(first);
}
