import type { SshPool } from '../../activities/ssh/ssh.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { PlanHost } from '../../plan/plan.ts';
import type { CheckProgress, HostCheck } from '../api/inventory.ts';
import { RequestError } from '../problem/requestError.ts';
import { checkHost } from './check.ts';
import { askHome } from './home.ts';

/** Each is a connection and a process on this machine's side of it: more at once are not sooner done. */
const CHECKS_AT_ONCE = 20;

export type InventoryService = {
  /** Read anew each time. Throws what is wrong with its files. */
  load(): Promise<Inventory>;
  /** The home folders of hosts whose inventory leaves them out: asked once, all at once, kept while the server lives. */
  homes(
    hosts: readonly PlanHost[],
  ): Promise<{ readonly homes: Readonly<Record<string, string>>; readonly warnings: readonly string[] }>;
  /** Connects to each host of the pattern, 20 at once, and `tell`s of each that is done. No more are begun once `signal` fires. */
  check(limit: string | undefined, asking?: Asking): Promise<HostCheck[]>;
};

export type Asking = {
  readonly tell?: (progress: CheckProgress) => void;
  readonly signal?: AbortSignal;
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
    async check(limit, { tell = () => {}, signal } = {}) {
      const inventory = await read();
      const picked = inventory.select(limit ?? 'all');
      if (!picked.ok) throw new RequestError(422, 'inventory/pattern', picked.message, picked.mend);
      const hosts = inventory.hosts.filter((host) => picked.hosts.includes(host.name));
      const checks = new Map<PlanHost, HostCheck>();
      const waiting = hosts.values();
      const next = async () => {
        for (const host of waiting) {
          if (signal?.aborted === true) return;
          checks.set(host, await checkHost(ssh, host, clock));
          tell({ checked: checks.size, of: hosts.length });
        }
      };
      await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, next));
      return hosts.flatMap((host) => checks.get(host) ?? []);
    },
  };
}
