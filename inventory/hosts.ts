import type { Complaints } from '../plan/complaints.ts';
import { encode } from '../plan/expressions/encoding.ts';
import { plainJson } from '../plan/expressions/plain-json.ts';
import { hostName } from '../plan/ids.ts';
import type { Json, JsonObject } from '../plan/json.ts';
import type { PlanHost, SshSettings } from '../plan/plan.ts';
import type { GroupTree } from './groups.ts';
import type { RawHost, RawInventory, RawVariable, RawVariables } from './raw.ts';

/** What the ssh config of this machine says of a host that the inventory leaves out. */
export type ConfiguredLogin = (host: string) => {
  readonly user?: string;
  readonly port?: number;
  readonly address?: string;
};

/** A host of a plan from its variables: of `all`, of outer groups, of inner ones, its own; later ones win. */
export function toPlanHost(
  raw: RawInventory,
  tree: GroupTree,
  host: RawHost,
  login: { readonly configured: ConfiguredLogin; readonly user: string },
  complaints: Complaints,
): PlanHost {
  const groups = [...tree.members].filter(([, hosts]) => hosts.has(host.name)).map(([name]) => name);
  const ordered = groups.toSorted(
    (a, b) => (tree.depth.get(a) ?? 0) - (tree.depth.get(b) ?? 0) || (a < b ? -1 : a > b ? 1 : 0),
  );
  const vars: RawVariables = new Map();
  for (const group of ordered)
    for (const [name, value] of raw.groups.get(group)?.vars ?? []) vars.set(name, value);
  for (const [name, value] of host.vars) vars.set(name, value);
  const text = (...names: readonly string[]) => readText(vars, names, host, complaints);
  const configured = login.configured(host.name);
  const connection = vars.get('ansible_connection');
  if (connection !== undefined && !['ssh', 'smart', 'paramiko'].includes(String(connection.value)))
    complaints.error(connection.at, {
      code: 'inventory/connection',
      message: `${host.name} is to be reached by ${String(connection.value)}; only ssh is spoken here.`,
      mend: 'Take the host out of this inventory, or remove ansible_connection.',
    });
  const home = text('holdfast_home');
  return {
    name: hostName(host.name),
    address: text('ansible_host', 'ansible_ssh_host') ?? configured.address ?? host.name,
    port: readPort(vars, host, complaints) ?? configured.port ?? 22,
    user: text('ansible_user', 'ansible_ssh_user') ?? configured.user ?? login.user,
    zone: text('holdfast_zone') ?? 'default',
    groups: groups.filter((name) => name !== 'all' && name !== 'ungrouped'),
    ...(home === undefined ? {} : { home }),
    vars: publicVariables(vars, complaints),
    ssh: sshSettings(text),
  };
}

function sshSettings(text: (...names: readonly string[]) => string | undefined): SshSettings {
  const identityFile = text('ansible_ssh_private_key_file', 'ansible_private_key_file');
  const knownHostsFile = text('holdfast_known_hosts');
  const hostKey = text('holdfast_host_key');
  const proxyJump = text('holdfast_proxy_jump') ?? jumpOf(text('ansible_ssh_common_args'));
  return {
    ...(identityFile === undefined ? {} : { identityFile }),
    ...(knownHostsFile === undefined ? {} : { knownHostsFile }),
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(proxyJump === undefined ? {} : { proxyJump }),
  };
}

/** `-J bastion` or `-o ProxyJump=bastion`, which is what these arguments are mostly used for. */
function jumpOf(args: string | undefined): string | undefined {
  return /(?:-J\s*|ProxyJump[= ]\s*)["']?([\w.@:,[\]-]+)/.exec(args ?? '')?.[1];
}

function readText(
  vars: RawVariables,
  names: readonly string[],
  host: RawHost,
  complaints: Complaints,
): string | undefined {
  const name = names.find((each) => vars.has(each));
  const variable = name === undefined ? undefined : vars.get(name);
  if (name === undefined || variable === undefined || variable.value === null) return undefined;
  const { value, at } = variable;
  if (isJinja(value)) {
    complaints.error(at, {
      code: 'inventory/jinja',
      message: `${name} of ${host.name} has {{ }} in it, which only Ansible can read.`,
      mend: 'Write the value itself.',
    });
    return undefined;
  }
  if (typeof value === 'string' && value !== '' && !/[\0\r\n]/.test(value)) return value;
  if (typeof value === 'number') return String(value);
  complaints.error(at, {
    code: 'inventory/value',
    message: `${name} of ${host.name} has to be a text of one line.`,
    mend: 'Correct the value.',
  });
  return undefined;
}

function readPort(vars: RawVariables, host: RawHost, complaints: Complaints): number | undefined {
  const variable = vars.get('ansible_port') ?? vars.get('ansible_ssh_port');
  if (variable === undefined || variable.value === null) return undefined;
  const port = /^\d{1,5}$/.test(String(variable.value)) ? Number(variable.value) : 0;
  if (port >= 1 && port <= 65_535) return port;
  complaints.error(variable.at, {
    code: 'inventory/port',
    message: `${JSON.stringify(variable.value)} is no port (of ${host.name}).`,
    mend: 'A port is a number from 1 to 65535.',
  });
  return undefined;
}

/** How to log in is not for expressions, and may be a password: it never gets into a plan. */
function publicVariables(vars: RawVariables, complaints: Complaints): JsonObject {
  const shown: { [name: string]: Json } = {};
  for (const [name, variable] of [...vars].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (/^(ansible|holdfast)_/.test(name)) continue;
    if (isUsable(name, variable, complaints)) shown[name] = encode(plainJson(variable.value));
  }
  return shown;
}

function isUsable(name: string, variable: RawVariable, complaints: Complaints): boolean {
  if (!isJinja(variable.value)) return true;
  complaints.warning(variable.at, {
    code: 'inventory/jinja',
    message: `${name} has {{ }} in it, which only Ansible can read: it is left out.`,
    mend: 'Write the value itself, or give it by host_vars of the runbook.',
  });
  return false;
}

function isJinja(value: Json): boolean {
  return typeof value === 'string' && /\{\{|\{%/.test(value);
}
