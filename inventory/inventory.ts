import type { Complaint } from '../plan/complaints.ts';
import type { HostName } from '../plan/ids.ts';
import type { PlanHost } from '../plan/plan.ts';
import { type PatternProblem, parsePattern, pickHosts } from './pattern.ts';

/** The hosts there are. The order of `hosts` is the order of every list of hosts. */
export type Inventory = {
  readonly hosts: readonly PlanHost[];
  /** Every group with all hosts below it, in inventory order; `all` and `ungrouped` among them. */
  readonly groups: ReadonlyMap<string, readonly HostName[]>;
  readonly origin: InventoryOrigin;
  /** The hosts that a pattern means, in inventory order, or what is wrong with it. `none` is no host. */
  select(pattern: string): Selection;
};

/** Where an inventory comes from, and what is to be said of it. */
export type InventoryOrigin = {
  /** The files it was read from. */
  readonly files: readonly string[];
  readonly warnings: readonly Complaint[];
  /** Variables that only Ansible could read, by name: what is said of an expression that uses one. */
  readonly unread: ReadonlyMap<string, Complaint>;
};

const NOWHERE: InventoryOrigin = { files: [], warnings: [], unread: new Map() };

export type Selection =
  | { readonly ok: true; readonly hosts: readonly HostName[] }
  | ({ readonly ok: false } & PatternProblem);

/** An inventory of these hosts. A host whose home folder was asked for has it from `homes`, unless it is known. */
export function makeInventory(
  hosts: readonly PlanHost[],
  groups: ReadonlyMap<string, readonly HostName[]>,
  origin: InventoryOrigin = NOWHERE,
): Inventory {
  const inventory: Inventory = {
    hosts,
    groups,
    origin,
    select: (pattern) => {
      const parsed = parsePattern(pattern);
      return parsed.ok ? pickHosts(inventory, parsed.pattern) : parsed;
    },
  };
  return inventory;
}

/** What a plan has to say of its inventory: hosts that nothing will be run on, whatever the runbook names. */
export function leftOut({ warnings }: InventoryOrigin): readonly string[] {
  return warnings
    .filter(({ code }) => code === 'inventory/connection')
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

/** The same inventory with the home folders that hosts themselves told. What the inventory says goes first. */
export function withHomes(inventory: Inventory, homes: { readonly [host: string]: string }): Inventory {
  const hosts = inventory.hosts.map((host) => {
    const home = host.home ?? homes[host.name];
    return home === undefined ? host : { ...host, home };
  });
  return makeInventory(hosts, inventory.groups, inventory.origin);
}
