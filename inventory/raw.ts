import type { Json } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';

/** A variable as a file says it. */
export type RawVariable = { readonly value: Json; readonly at: Position };
export type RawVariables = Map<string, RawVariable>;

export type RawGroup = {
  readonly name: string;
  readonly at: Position;
  /** What inventory files say, then what `group_vars` says. */
  readonly vars: RawVariables;
  readonly hosts: Set<string>;
  /** Groups inside of this one, and where that is said. */
  readonly children: Map<string, Position>;
};

export type RawHost = { readonly name: string; readonly at: Position; readonly vars: RawVariables };

/** What the files of an inventory say, before groups are resolved. Hosts and groups stand in order of appearance. */
export class RawInventory {
  readonly hosts = new Map<string, RawHost>();
  readonly groups = new Map<string, RawGroup>();

  host(name: string, at: Position): RawHost {
    const known = this.hosts.get(name);
    if (known !== undefined) return known;
    const host: RawHost = { name, at, vars: new Map() };
    this.hosts.set(name, host);
    return host;
  }

  group(name: string, at: Position): RawGroup {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const group: RawGroup = { name, at, vars: new Map(), hosts: new Set(), children: new Map() };
    this.groups.set(name, group);
    return group;
  }
}

export const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
export const GROUP_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$/;
