import type { Complaints } from '../plan/complaints.ts';
import type { RawInventory } from './raw.ts';

/** Who is inside whom, once the groups are resolved. */
export type GroupTree = {
  /** All hosts below a group, `all` and `ungrouped` among them, in the inventory's order. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  /** How far below `all`: an inner group's variables win over an outer one's. */
  readonly depth: ReadonlyMap<string, number>;
};

/** Follows `children` to the end. Groups that contain each other are a complaint. */
export function resolveGroups(raw: RawInventory, complaints: Complaints): GroupTree {
  const members = new Map<string, ReadonlySet<string>>();
  const depth = new Map<string, number>();
  for (const name of raw.groups.keys()) collect(name, []);
  for (const name of raw.groups.keys()) if (name !== 'all') deepen(name, 1, new Set());
  depth.set('all', 0);
  const grouped = new Set<string>();
  for (const [name, hosts] of members)
    if (name !== 'all' && name !== 'ungrouped') for (const host of hosts) grouped.add(host);
  const all = [...raw.hosts.keys()];
  members.set('all', new Set(all));
  members.set('ungrouped', new Set(all.filter((host) => !grouped.has(host))));
  return { members, depth };

  function collect(name: string, above: readonly string[]): ReadonlySet<string> {
    const known = members.get(name);
    if (known !== undefined) return known;
    const group = raw.groups.get(name);
    const hosts = new Set(group?.hosts);
    for (const [child, at] of group?.children ?? []) {
      if (child === name || above.includes(child)) {
        complaints.error(at, {
          code: 'inventory/cycle',
          message: `Groups contain each other: ${[...above, name, child].join(' → ')}.`,
          mend: 'Take one of them out of the other.',
        });
        continue;
      }
      for (const host of collect(child, [...above, name])) hosts.add(host);
    }
    members.set(name, hosts);
    return hosts;
  }

  function deepen(name: string, level: number, above: ReadonlySet<string>): void {
    if (above.has(name) || (depth.get(name) ?? 0) >= level) return;
    depth.set(name, level);
    const inside = new Set(above).add(name);
    for (const child of raw.groups.get(name)?.children.keys() ?? []) deepen(child, level + 1, inside);
  }
}
