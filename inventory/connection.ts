import type { Complaints } from '../plan/complaints.ts';
import type { Position, SshSettings } from '../plan/plan.ts';
import type { RawHost, RawVariables } from './raw.ts';
import { jumpOfCommand, readSshArguments, type SshArguments } from './ssh-config/arguments.ts';
import { textOf } from './values.ts';

/** How a host is reached, as far as its variables say it. What they leave out is the ssh config's affair. */
export type Connection = {
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
  readonly zone?: string;
  readonly home?: string;
  readonly ssh: SshSettings;
};

/** Reads the variables that begin with `ansible_` or `holdfast_`. Undefined: the host is reached by something other than ssh, which is said. */
export function readConnection(
  vars: RawVariables,
  host: RawHost,
  complaints: Complaints,
): Connection | undefined {
  const connection = vars.get('ansible_connection');
  if (
    connection !== undefined &&
    !/^(ssh|smart|paramiko\w*|.*\.(ssh|paramiko_ssh))$/.test(String(connection.value))
  ) {
    complaints.warning(connection.at, {
      code: 'inventory/connection',
      message: `${host.name} is to be reached by ${String(connection.value)}; only ssh is spoken here: it is left out.`,
      mend: 'Take the host out of this inventory, or remove ansible_connection.',
    });
    return undefined;
  }
  warnOfUnread(vars, complaints);
  const text = (...names: readonly string[]) => textOf(vars, names, host, complaints);
  // Where both are said, Ansible takes the longer name.
  const args = [text('ansible_ssh_common_args'), text('ansible_ssh_extra_args'), text('ansible_ssh_args')];
  const at = ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args'].flatMap(
    (name) => vars.get(name)?.at ?? [],
  )[0];
  const said =
    at === undefined
      ? undefined
      : readArguments(args.filter((each) => each !== undefined).join(' '), at, complaints);
  const port = readPort(vars, host, complaints) ?? said?.port;
  const identityFile = text('ansible_ssh_private_key_file', 'ansible_private_key_file') ?? said?.identityFile;
  const knownHostsFile = text('holdfast_known_hosts') ?? said?.knownHostsFile;
  const proxyJump = text('holdfast_proxy_jump') ?? said?.proxyJump;
  return {
    ...optional('address', text('ansible_ssh_host', 'ansible_host')),
    ...optional('port', port),
    ...optional('user', text('ansible_ssh_user', 'ansible_user') ?? said?.user),
    ...optional('zone', text('holdfast_zone')),
    ...optional('home', text('holdfast_home')),
    ssh: {
      ...optional('identityFile', identityFile),
      ...optional('knownHostsFile', knownHostsFile),
      ...optional('hostKey', text('holdfast_host_key')),
      ...optional('proxyJump', proxyJump),
    },
  };
}

/** Options of ssh that Ansible would pass on. One that would lead elsewhere is an error, any other without effect a warning. */
function readArguments(text: string, at: Position, complaints: Complaints): SshArguments | undefined {
  const said = readSshArguments(text);
  if (said === undefined) {
    complaints.error(at, {
      code: 'inventory/ssh-args',
      message: 'A quote in these ssh options is not closed.',
      mend: 'Close it, or leave it out.',
    });
    return undefined;
  }
  const { proxyCommand } = said;
  const jump = proxyCommand === undefined ? said.proxyJump : jumpOfCommand(proxyCommand);
  if (proxyCommand !== undefined && jump === undefined)
    complaints.error(at, {
      code: 'inventory/ssh-args',
      message: `No command is run to connect: ${proxyCommand}`,
      mend: 'Say -J HOST or holdfast_proxy_jump. Of commands, ssh -W %h:%p HOST is understood.',
    });
  for (const option of said.unread)
    complaints.warning(at, {
      code: 'inventory/ssh-args',
      message: /StrictHostKeyChecking|UserKnownHostsFile=\/dev\/null/i.test(option)
        ? `${option} has no effect: host keys are always checked.`
        : `${option} has no effect here.`,
      mend: 'Say it in the ssh config where that knows it, or take it out.',
    });
  return jump === undefined ? said : { ...said, proxyJump: jump };
}

function warnOfUnread(vars: RawVariables, complaints: Complaints): void {
  for (const name of ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password']) {
    const variable = vars.get(name);
    if (variable !== undefined)
      complaints.warning(variable.at, {
        code: 'inventory/password',
        message: `${name} is not used: hosts are logged in to with keys.`,
        mend: 'Put a public key on the hosts, and the password out of this file.',
      });
  }
  const become = vars.get('ansible_become') ?? vars.get('ansible_ssh_become');
  if (become !== undefined && become.value !== false && !/^(no|false)$/i.test(String(become.value)))
    complaints.warning(become.at, {
      code: 'inventory/become',
      message: 'ansible_become is not used: a step says itself as whom it runs.',
      mend: 'Say become: true in the steps that need it.',
    });
}

function readPort(vars: RawVariables, host: RawHost, complaints: Complaints): number | undefined {
  const variable = vars.get('ansible_ssh_port') ?? vars.get('ansible_port');
  if (variable === undefined || variable.value === null) return undefined;
  const port = /^\d{1,5}$/.test(String(variable.value)) ? Number(variable.value) : 0;
  if (port >= 1 && port <= 65_535) return port;
  complaints.error(variable.at, {
    code: 'inventory/port',
    message: `${JSON.stringify(variable.value)} is no port (of ${host.name}).`,
    mend: 'A port is a number from 1 to 65535.',
  });
  return undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
