import type { Json } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';

/** A variable as a file says it. One that Ansible Vault has encrypted has no value here, and hides the value of an outer group all the same. */
export type RawVariable = { readonly value: Json; readonly at: Position; readonly encrypted?: true };
export type RawVariables = Map<string, RawVariable>;

export type RawGroup = {
  readonly name: string;
  readonly at: Position;
  /** What inventory files say. */
  readonly vars: RawVariables;
  /** What `group_vars` says: all of it wins over what any inventory file says of a group. */
  readonly fileVars: RawVariables;
  readonly hosts: Set<string>;
  /** Groups inside of this one, and where that is said. */
  readonly children: Map<string, Position>;
};

export type RawHost = {
  readonly name: string;
  readonly at: Position;
  readonly vars: RawVariables;
  /** What `host_vars` says. */
  readonly fileVars: RawVariables;
};

/** What the files of an inventory say, before groups are resolved. Hosts and groups stand in order of appearance. */
export class RawInventory {
  readonly hosts = new Map<string, RawHost>();
  readonly groups = new Map<string, RawGroup>();

  host(name: string, at: Position): RawHost {
    const known = this.hosts.get(name);
    if (known !== undefined) return known;
    const host: RawHost = { name, at, vars: new Map(), fileVars: new Map() };
    this.hosts.set(name, host);
    return host;
  }

  group(name: string, at: Position): RawGroup {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const group: RawGroup = {
      name,
      at,
      vars: new Map(),
      fileVars: new Map(),
      hosts: new Set(),
      children: new Map(),
    };
    this.groups.set(name, group);
    return group;
  }
}

export const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
export const GROUP_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$/;
