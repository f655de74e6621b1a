import type { Value } from './expressions/values.ts';
import type { PlanHost } from './plan.ts';

/** The fields that every host has, whatever its inventory and `host_vars` say. */
export const HOST_FIELDS = ['name', 'address', 'port', 'user', 'zone', 'groups', 'home'] as const;

/** One of them but the name, as a value; undefined for any other, and for a home that is not known yet. */
export function hostField(host: PlanHost, field: string): Value | undefined {
  switch (field) {
    case 'address':
    case 'user':
    case 'zone':
      return host[field];
    case 'home':
      return host.home;
    case 'port':
      return BigInt(host.port);
    case 'groups':
      return host.groups;
    default:
      return undefined;
  }
}
