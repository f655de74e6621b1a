import type { SshPool } from '../../activities/ssh/ssh.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { PlanHost } from '../../plan/plan.ts';
import type { HostCheck } from '../api/inventory.ts';
import { RequestError } from '../problem/requestError.ts';
import { checkHost } from './check.ts';
import { askHome } from './home.ts';

export type InventoryService = {
  /** Read anew each time. Throws what is wrong with its files. */
  load(): Promise<Inventory>;
  /** The home folders of hosts whose inventory leaves them out: asked once, all at once, kept while the server lives. */
  homes(
    hosts: readonly PlanHost[],
  ): Promise<{ readonly homes: Readonly<Record<string, string>>; readonly warnings: readonly string[] }>;
  check(limit: string | undefined): Promise<HostCheck[]>;
};

export function createInventoryService(parts: {
  readonly read: () => Promise<Inventory>;
  readonly ssh: SshPool;
  readonly clock: () => number;
}): InventoryService {
  const { read, ssh, clock } = parts;
  const known = new Map<string, string>();

  return {
    load: read,
    async homes(hosts) {
      const warnings: string[] = [];
      const homes: Record<string, string> = {};
      await Promise.all(
        hosts.map(async (host) => {
          // The same name may be another machine tomorrow.
          const key = [host.name, host.address, host.port, host.user].join('\0');
          const kept = known.get(key);
          const told = kept === undefined ? await askHome(ssh, host) : { ok: true as const, home: kept };
          if (told.ok) {
            known.set(key, told.home);
            homes[host.name] = told.home;
          } else {
            warnings.push(`${host.name} could not be asked for its home folder: ${told.says}`);
          }
        }),
      );
      return { homes, warnings };
    },
    async check(limit) {
      const inventory = await read();
      const picked = inventory.select(limit ?? 'all');
      if (!picked.ok) throw new RequestError(422, 'inventory/pattern', picked.message, picked.mend);
      const hosts = inventory.hosts.filter((host) => picked.hosts.includes(host.name));
      return Promise.all(hosts.map((host) => checkHost(ssh, host, clock)));
    },
  };
}
