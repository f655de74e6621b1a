import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, runCommand } from '../toolbox/command.ts';
import { clientKeyOf, knownHostsOf, type Lab, requireHost } from './lab.ts';
import { type Breakage, labBreak } from './labBreak.ts';
import { labDown } from './labDown.ts';
import { labUp } from './labUp.ts';

export type TestLabOptions = {
  /** Third part of the addresses, 1 to 254, as 127.82.<net>.3: each test file takes one of its own. */
  readonly net: number;
  readonly hosts?: number;
  readonly etcdVersion?: string;
  readonly disk?: string;
  readonly proxy?: boolean;
  readonly programs?: string;
  readonly namespaces?: boolean;
};

/** A lab for one test file, in a temporary folder; `await using` or `down` takes it away. */
export type TestLab = AsyncDisposable & {
  readonly lab: Lab;
  readonly dir: string;
  /** Runs a command on a host through the machine's own ssh client. */
  readonly ssh: (host: string, command: string, stdin?: string) => Promise<CommandResult>;
  readonly break: (breakage: Breakage) => Promise<string>;
  readonly down: () => Promise<void>;
};

export async function testLab(options: TestLabOptions): Promise<TestLab> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const hosts = Array.from({ length: options.hosts ?? 1 }, (_, index) => ({
    name: `etcd${String(index).padStart(2, '0')}`,
    address: `127.82.${options.net}.${index + 3}`,
  }));
  const down = async (): Promise<void> => {
    await labDown({ dir });
    await rm(dir, { recursive: true, force: true });
  };
  const lab = await labUp({ ...options, dir, hosts, disk: options.disk ?? '64M' }).catch(
    async (error: unknown) => {
      await down();
      throw error;
    },
  );
  return {
    lab,
    dir,
    ssh: (host, command, stdin) => runCommand('ssh', sshArguments(lab, host, command), pickStdin(stdin)),
    break: (breakage) => labBreak(breakage, { dir }),
    down,
    [Symbol.asyncDispose]: down,
  };
}

/** Arguments for OpenSSH's client: the lab's key and host keys and nothing of the user's own configuration. */
function sshArguments(lab: Lab, name: string, command: string): readonly string[] {
  const host = requireHost(lab, name);
  const settings = {
    UserKnownHostsFile: knownHostsOf(lab),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    IdentitiesOnly: 'yes',
    BatchMode: 'yes',
    ConnectTimeout: '5',
    KexAlgorithms: 'curve25519-sha256',
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return [
    '-F',
    'none',
    ...flags,
    '-i',
    clientKeyOf(lab),
    '-p',
    String(host.port),
    '-l',
    lab.user,
    host.address,
    command,
  ];
}

function pickStdin(stdin: string | undefined): { readonly stdin?: string } {
  return stdin === undefined ? {} : { stdin };
}
