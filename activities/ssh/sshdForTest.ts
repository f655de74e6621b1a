import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostName } from '../../plan/ids.ts';
import type { SshSettings } from '../../plan/plan.ts';
import { findProgram } from '../../toolbox/findProgram.ts';
import type { Target } from './ssh.ts';

/** A real sshd of its own for a test: its keys, its login key, a clean home, and a way to end it. */
export type TestSshd = {
  readonly folder: string;
  readonly home: string;
  readonly address: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  readonly identityFile: string;
  /** How this sshd is reached, with its key pinned unless other settings are given. */
  target(ssh?: SshSettings): Target;
  /** To the processes that serve the connections: KILL is a crash, STOP a host that has gone silent. sshd itself stays. */
  signalConnections(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

/** Runs OpenSSH's tools, from wherever the toolbox found them, and other programs with those in reach. */
export type Runner = (program: string, args: readonly string[], env?: NodeJS.ProcessEnv) => string;

export async function opensshTools(): Promise<Runner> {
  const keygen = await findProgram('ssh-keygen');
  const around = { ...envFor(keygen), PATH: `${dirname(keygen.path)}:${process.env.PATH}` };
  return (program, args, env = {}) =>
    execFileSync(program, args, {
      env: { ...around, ...env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
}

export async function startSshd(
  address: string,
  port: number,
  more: readonly string[] = [],
): Promise<TestSshd> {
  const [sshd, run] = await Promise.all([findProgram('sshd'), opensshTools()]);
  const folder = mkdtempSync(join(tmpdir(), 'sshd-test-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const makeKey = (path: string): void => {
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  };
  makeKey(join(folder, 'host_key'));
  makeKey(join(folder, 'login_key'));
  const config = [
    `ListenAddress ${address}:${port}`,
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/login_key.pub`,
    `SetEnv HOME=${home}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    'UseDNS no',
    ...more,
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  const child = spawn(sshd.path, ['-D', '-f', join(folder, 'sshd_config'), '-E', join(folder, 'log')], {
    stdio: 'ignore',
    env: envFor(sshd),
  });
  await answering(address, port, () => readFileSync(join(folder, 'log'), 'utf8'));
  const hostKey = readFileSync(join(folder, 'host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  const identityFile = join(folder, 'login_key');
  return {
    folder,
    home,
    address,
    port,
    hostKey,
    identityFile,
    target: (ssh = { hostKey }) => ({
      name: hostName('etcd00'),
      address,
      port,
      user: userInfo().username,
      ssh: { identityFile, ...ssh },
    }),
    signalConnections: (signal) => {
      for (const pid of childrenOf(child.pid)) signalled(pid, signal);
    },
    stop: async () => {
      const ended = once(child, 'exit');
      for (const pid of childrenOf(child.pid)) signalled(pid, 'SIGKILL');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every process below this one that is an sshd; what they started is left to end by itself. */
function childrenOf(pid: number | undefined): readonly number[] {
  if (pid === undefined) return [];
  const children = ofProcess(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children
    .filter((child) => ofProcess(child, 'comm').startsWith('sshd'))
    .flatMap((child) => [...childrenOf(child), child]);
}

/** What the kernel says of a process; nothing of one that ended while it was asked. */
function ofProcess(pid: number, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch (error) {
    if (isGone(error)) return '';
    throw error;
  }
}

/** A connection ends by itself when its client goes: one that is gone already needs no signal. */
function signalled(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code));
}

function envFor(program: { readonly libraryPath?: string }): NodeJS.ProcessEnv {
  return program.libraryPath === undefined
    ? process.env
    : { ...process.env, LD_LIBRARY_PATH: program.libraryPath };
}

async function answering(address: string, port: number, log: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect({ host: address, port });
    const up = await Promise.race([
      once(socket, 'data').then(
        () => true,
        () => false,
      ),
      sleep(1000, false),
    ]);
    socket.destroy();
    if (up) return;
    await sleep(25);
  }
  throw new Error(`The test's sshd did not start: ${log()}`);
}
