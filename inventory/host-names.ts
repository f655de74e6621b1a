import type { Complaints } from '../plan/complaints.ts';
import type { Position } from '../plan/plan.ts';
import { expandHosts } from './ranges.ts';
import { HOST_NAME, type RawHost, type RawInventory } from './raw.ts';

/** The hosts that a name with ranges in it means, with the port that stands behind it; none where it can't be one. */
export function readHosts(
  written: string,
  at: Position,
  into: RawInventory,
  complaints: Complaints,
): readonly RawHost[] {
  const range = expandHosts(written);
  if (range?.names.every((name) => HOST_NAME.test(name)) !== true) {
    complaints.error(at, {
      code: 'inventory/host-name',
      message: `${JSON.stringify(written)} can't be the name of a host.`,
      mend: 'A name has letters, digits, _, - and . in it; a range is written [01:03]; an IPv6 address belongs into ansible_host.',
    });
    return [];
  }
  return range.names.map((name) => {
    const host = into.host(name, at);
    if (range.port !== undefined) host.vars.set('ansible_port', { value: range.port, at });
    return host;
  });
}
