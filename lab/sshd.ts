import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '../plan/errors.ts';
import { runCommand } from '../toolbox/command.ts';
import type { FoundProgram } from '../toolbox/way.ts';
import type { Holder } from './holder.ts';
import { asLoginUser, enterFlags, type Isolation } from './isolation.ts';
import { homeOf, type Lab, type LabHost, temporaryOf } from './lab.ts';
import { HOST_MARK } from './processes.ts';

const START_TIMEOUT_MS = 10_000;

/** Starts a host's sshd and returns when it answers. It detaches itself; its log is `sshd.log` in the host's folder. */
export async function startSshd(
  lab: Lab,
  host: LabHost,
  holder: Holder | undefined,
  sshd: FoundProgram,
): Promise<void> {
  if (lab.isolation.kind === 'folders') await meetRootNeeds();
  const config = join(host.folder, 'sshd_config');
  await writeFile(config, await configFor(lab, host, sshd));
  const log = join(host.folder, 'sshd.log');
  const command = [sshd.path, '-f', config, '-E', log];
  const [program = '', ...args] =
    holder === undefined || lab.isolation.kind === 'folders'
      ? command
      : [
          'nsenter',
          ...enterFlags(lab.isolation.as, holder.pid),
          ...asLoginUser(lab.isolation.as),
          ...command,
        ];
  const result = await runCommand(program, args, {
    cwd: '/',
    env: {
      PATH: process.env.PATH,
      [HOST_MARK]: host.folder,
      ...(sshd.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: sshd.libraryPath }),
    },
  });
  if (result.kind === 'failed') throw await failure(host, result.reason);
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(host.address, host.sshdPort))) {
    if (performance.now() > deadline) throw await failure(host, 'it does not answer');
    await sleep(10);
  }
}

/** Started as root, sshd wants a user and a folder for its privilege separation. In namespaces the host has both itself. */
async function meetRootNeeds(): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const passwd = await readFile('/etc/passwd', 'utf8');
  if (!/^sshd:/m.test(passwd)) {
    throw new HoldfastError(
      'lab_no_sshd_user',
      'As root, and without namespaces, sshd needs a user called sshd, and this machine has none.',
      'Run the lab as an ordinary user, or make that user: useradd --system sshd',
    );
  }
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
}

/** True where something accepts a connection and speaks SSH. */
export async function answers(address: string, port: number, timeoutMs = 1_000): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port });
  socket.setTimeout(timeoutMs, () => resolve(false));
  socket.once('data', (greeting) => resolve(greeting.toString('latin1').startsWith('SSH-')));
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** The pid that sshd wrote; in a process namespace it counts inside. */
export async function sshdPidFile(host: LabHost): Promise<number | undefined> {
  const pid = Number(await readFile(join(host.folder, 'sshd.pid'), 'utf8').catch(() => ''));
  return pid > 0 ? pid : undefined;
}

/** What sshd gives a session on most systems. */
const SESSION_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function configFor(lab: Lab, host: LabHost, sshd: FoundProgram): Promise<string> {
  const environment = [`${HOST_MARK}=${host.folder}`, `HOME=${homeOf(host)}`, `TMPDIR=${temporaryOf(host)}`];
  if (lab.programs !== undefined) environment.push(`PATH=${lab.programs}:${SESSION_PATH}`);
  return [
    `ListenAddress ${host.address}:${host.sshdPort}`,
    `HostKey "${host.folder}/host_key"`,
    `PidFile "${host.folder}/sshd.pid"`,
    `AuthorizedKeysFile "${lab.dir}/authorized_keys"`,
    // The folder may lie under one that a group may write, as /tmp is.
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'PermitUserRC no',
    'PrintMotd no',
    'PrintLastLog no',
    'UseDNS no',
    'MaxStartups 1000',
    'MaxSessions 1000',
    'LogLevel VERBOSE',
    `SetEnv ${environment.map((pair) => `"${pair}"`).join(' ')}`,
    ...(await newerOptions(sshd)),
    ...sessionStart(lab.isolation),
    '',
  ].join('\n');
}

/** With namespaces the host's passwd file leads to its home and shell; without, a line before each command does. */
function sessionStart(isolation: Isolation): readonly string[] {
  if (isolation.kind === 'namespaces') return ['Subsystem sftp internal-sftp'];
  return [
    'Subsystem sftp /usr/lib/openssh/sftp-server',
    `ForceCommand cd "$HOME"; if [ -n "$SSH_ORIGINAL_COMMAND" ]; then exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"; else exec /bin/sh -l; fi`,
  ];
}

/** sshd 9.8 split itself in two programs and punishes addresses that fail; 10.0 split off a third. */
async function newerOptions({ path, version }: FoundProgram): Promise<readonly string[]> {
  const [major = 0, minor = 0] = version.split(/\D+/).map(Number);
  if (major < 9 || (major === 9 && minor < 8)) return [];
  const options = ['PerSourcePenalties no'];
  const helpers = join(dirname(dirname(path)), 'libexec');
  const has = (name: string) =>
    access(join(helpers, name)).then(
      () => true,
      () => false,
    );
  if (await has('sshd-session')) options.push(`SshdSessionPath "${helpers}/sshd-session"`);
  if (await has('sshd-auth')) options.push(`SshdAuthPath "${helpers}/sshd-auth"`);
  return options;
}

async function failure(host: LabHost, reason: string): Promise<HoldfastError> {
  const said = (await readFile(join(host.folder, 'sshd.log'), 'utf8').catch(() => ''))
    .trim()
    .split('\n')
    .at(-1);
  return new HoldfastError(
    'lab_sshd_not_started',
    `The sshd of ${host.name} did not start (${reason})${said ? `: ${said}` : ''}.`,
    `Its log is ${join(host.folder, 'sshd.log')}.`,
  );
}
