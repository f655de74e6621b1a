import { userInfo } from 'node:os';
import type { Complaints } from '../plan/complaints.ts';
import { hostName } from '../plan/ids.ts';
import type { PlanHost } from '../plan/plan.ts';
import { readConnection } from './connection.ts';
import type { GroupTree } from './groups.ts';
import { variablesOf } from './precedence.ts';
import type { RawHost, RawInventory } from './raw.ts';
import { configuredHost } from './ssh-config/configured.ts';
import type { SshConfig } from './ssh-config/read.ts';
import { publicVariables, type Unread } from './values.ts';

/** Who logs in, and what the ssh config of this machine says, where the inventory leaves it out. */
export type Login = { readonly sshConfig: SshConfig | undefined; readonly user: string };

/** Undefined where the host can't be reached by ssh: it is left out, which is complained of. */
export function toPlanHost(
  raw: RawInventory,
  tree: GroupTree,
  host: RawHost,
  login: Login,
  unread: Unread,
  complaints: Complaints,
): PlanHost | undefined {
  const vars = variablesOf(raw, tree, host);
  const said = readConnection(vars, host, complaints);
  if (said === undefined) return undefined;
  const groups = [...tree.members].filter(([, hosts]) => hosts.has(host.name)).map(([name]) => name);
  const destination = said.address ?? host.name;
  const configured = configuredFor(login, destination, said.user);
  const address = configured?.hostName ?? destination;
  return {
    name: hostName(host.name),
    address,
    port: said.port ?? configured?.port ?? 22,
    user: said.user ?? configured?.user ?? login.user,
    zone: said.zone ?? 'default',
    groups: groups.filter((name) => name !== 'all' && name !== 'ungrouped'),
    ...(said.home === undefined ? {} : { home: said.home }),
    vars: publicVariables(vars, unread),
    ssh: {
      ...said.ssh,
      ...(address === destination ? {} : { destination }),
      ...(said.port === 22 ? { ownPort: true } : {}),
    },
  };
}

function configuredFor({ sshConfig }: Login, destination: string, user: string | undefined) {
  if (sshConfig === undefined) return undefined;
  const localUser = userInfo().username;
  return configuredHost(sshConfig, { destination, localUser, ...(user === undefined ? {} : { user }) });
}
