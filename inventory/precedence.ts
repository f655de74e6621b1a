import type { GroupTree } from './groups.ts';
import type { RawGroup, RawHost, RawInventory, RawVariables } from './raw.ts';

/**
 * The variables of a host in Ansible's order, later ones win: what inventory files say of its groups, what `group_vars` says of
 * them, what inventory files say of the host, what `host_vars` says. Among groups: `all`, outer ones, inner ones; those alike by
 * `ansible_group_priority`, then by name.
 */
export function variablesOf(raw: RawInventory, tree: GroupTree, host: RawHost): RawVariables {
  const groups = [...tree.members]
    .filter(([, hosts]) => hosts.has(host.name))
    .flatMap(([name]) => raw.groups.get(name) ?? [])
    .toSorted((a, b) => byPrecedence(tree, a, b));
  const layers = [
    ...groups.map((group) => group.vars),
    ...groups.map((group) => group.fileVars),
    host.vars,
    host.fileVars,
  ];
  return new Map(layers.flatMap((layer) => [...layer]));
}

function byPrecedence(tree: GroupTree, a: RawGroup, b: RawGroup): number {
  return (
    (tree.depth.get(a.name) ?? 0) - (tree.depth.get(b.name) ?? 0) ||
    priority(a) - priority(b) ||
    (a.name < b.name ? -1 : 1)
  );
}

function priority(group: RawGroup): number {
  const said = Number(group.vars.get('ansible_group_priority')?.value ?? 1);
  return Number.isFinite(said) ? said : 1;
}
