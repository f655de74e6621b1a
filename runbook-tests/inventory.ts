import { type Inventory, makeInventory } from '../inventory/inventory.ts';
import type { Path, Source } from '../language/yaml/source.ts';
import type { Complaints } from '../plan/complaints.ts';
import { encode } from '../plan/expressions/encoding.ts';
import { plainJson } from '../plan/expressions/plain-json.ts';
import { HOST_FIELDS } from '../plan/host-fields.ts';
import { type HostName, hostName } from '../plan/ids.ts';
import type { JsonObject } from '../plan/json.ts';
import type { PlanHost } from '../plan/plan.ts';
import { isTreeList, isTreeMap, jsonAt, type TreeMap } from './trees.ts';

/** So many hosts has a group where a test does not say which. */
const HOSTS_OF_A_GROUP = 3;

type Named = { readonly hosts: Map<string, JsonObject>; readonly groups: Map<string, readonly string[]> };

/**
 * The hosts as a test says them: `GROUP: [HOST, …]`, and `HOST: { VARIABLE: … }` where one has variables (or is in no
 * group). Addresses are made up where none are said; no test reaches a host.
 */
export function saidInventory(source: Source, path: Path, tree: TreeMap, complaints: Complaints): Inventory {
  const named: Named = { hosts: new Map(), groups: new Map() };
  for (const [name, value] of Object.entries(tree)) {
    const here = [...path, name];
    if (isTreeList(value)) {
      const hosts = value.filter((item) => typeof item === 'string');
      named.groups.set(name, hosts);
      for (const host of hosts) if (!named.hosts.has(host)) named.hosts.set(host, {});
    } else if (isTreeMap(value)) {
      const vars = Object.entries(value).map(([key, item]) => [key, jsonAt(source, [...here, key], item)]);
      named.hosts.set(name, Object.fromEntries(vars));
    } else if (value === null) named.hosts.set(name, {});
    else
      complaints.error(source.at(here), {
        code: 'test/inventory',
        message: `${name} is neither a group (a list of hosts) nor a host (a mapping of its variables).`,
        mend: `Write ${name}: [host1, host2] or ${name}: { address: 10.0.0.1 }.`,
      });
  }
  return made(named);
}

/**
 * The hosts where a test says none: three for each group that the runbook names (`etcd01`, `etcd02`, `etcd03`), and those that the
 * test's inputs name, each in the group that is its name without digits. So `etcd01` that a runbook names beside `etcd` is a host.
 */
export function guessedInventory(hosts: Iterable<string>, groups: Iterable<string>): Inventory {
  const named: Named = { hosts: new Map(), groups: new Map() };
  const join = (host: string, group: string) => {
    named.hosts.set(host, {});
    named.groups.set(group, [...new Set([...(named.groups.get(group) ?? []), host])].sort());
  };
  const words = new Set(groups);
  const isHost = (word: string) => /\d$/.test(word) && words.has(stem(word));
  const said = [...hosts, ...[...words].filter(isHost)];
  for (const group of words) {
    if (said.includes(group)) continue;
    for (let i = 1; i <= HOSTS_OF_A_GROUP; i++) join(`${group}0${i}`, group);
  }
  for (const host of said) join(host, stem(host));
  return made(named);
}

function stem(host: string): string {
  return host.replace(/\d+$/, '');
}

function made({ hosts, groups }: Named): Inventory {
  const of = (host: string) => [...groups].filter(([, all]) => all.includes(host)).map(([group]) => group);
  const known = [...hosts].map(([name, vars], i) => hostOf(name, vars, i, of(name)));
  const names = known.map((host) => host.name);
  const inGroups = [...groups].map(([group, all]): [string, readonly HostName[]] => [
    group,
    names.filter((name) => all.includes(name)),
  ]);
  const alone = known.filter((host) => host.groups.length === 0).map((host) => host.name);
  return makeInventory(known, new Map([['all', names], ['ungrouped', alone], ...inGroups]));
}

/** Addresses are of the block for documentation (RFC 5737, 192.0.2.0/24), so that none is anybody's. */
function hostOf(name: string, said: JsonObject, i: number, groups: readonly string[]): PlanHost {
  const field = (key: (typeof HOST_FIELDS)[number], otherwise: string) => {
    const value = said[key];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
  };
  const vars = Object.entries(said).filter(([key]) => !HOST_FIELDS.some((known) => known === key));
  return {
    name: hostName(name),
    address: field('address', `192.0.2.${(i % 250) + 1}`),
    port: Number(field('port', '22')),
    user: field('user', 'ops'),
    zone: field('zone', 'default'),
    groups,
    home: field('home', `/home/${field('user', 'ops')}`),
    vars: Object.fromEntries(vars.map(([key, value]) => [key, encode(plainJson(value))])),
    ssh: {},
  };
}
