import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { downloadPackages, prepareApt } from '../../toolbox/apt.ts';
import { cacheFolder } from '../../toolbox/cacheFolder.ts';
import { runCommand } from '../../toolbox/command.ts';
import { localConnection } from '../jobs/localShell.ts';
import type { SshConnection } from '../ssh/ssh.ts';

/**
 * A machine with real sudo, for a test: mounts of its own, over them an /etc with two users, and a list of processes of its own.
 * `ada` logs in; her password is `sesame`. `bob` is somebody else.
 */
export type SudoHost = AsyncDisposable & {
  /** As who logs in. */
  readonly connection: SshConnection;
  /** A shell script as root of the machine; its output. */
  root(script: string): Promise<string>;
  /** All that sudoers says of ada. */
  sudoers(lines: string): Promise<void>;
};

/** Undefined where sudo can't work: only root can lay an /etc over the machine's and keep a program set-uid. */
export async function sudoHost(shell = 'sh'): Promise<SudoHost | { readonly missing: string }> {
  if (process.getuid?.() !== 0) return { missing: 'only root can make a machine with sudo' };
  const sudo = await sudoFiles();
  if (sudo.kind === 'missed') return { missing: sudo.why };
  const flags = ['--mount', '--pid', '--uts', '--fork', '--kill-child'];
  const child = spawn('unshare', [...flags, 'sh', '-eu', '-c', SET_UP], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, SUDO: sudo.root },
  });
  const ended = once(child, 'exit');
  const [pid] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  if (!/^\d+$/.test(String(pid))) return { missing: 'namespaces or overlays are not to be had here' };
  const enter = ['--target', String(pid), '--mount', '--pid', '--uts'];
  const login = ['setpriv', '--reuid=1500', '--regid=1500', '--init-groups', 'env', '-i'];
  const env = ['HOME=/mnt/ada', 'USER=ada', 'LOGNAME=ada', 'PATH=/usr/bin:/bin', 'LC_ALL=C.UTF-8'];
  const as = ['nsenter', ...enter, ...login, ...env, shell];
  const root = async (script: string) => {
    const done = await runCommand('nsenter', [...enter, 'sh', '-eu'], {
      stdin: script,
      env: { PATH: process.env.PATH },
    });
    if (done.kind === 'failed') throw new Error(done.reason);
    return done.stdout;
  };
  return {
    connection: localConnection({ shell: as, env: { HOME: tmpdir(), PATH: process.env.PATH ?? '' } }),
    root,
    sudoers: async (lines) => {
      await root(`cat >/etc/sudoers.d/ada <<'END'\n${lines}\nEND\n`);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * The first process prints its number on the real machine before the new /proc covers that; it ends, and all with it, when the test's
 * process does.
 */
const SET_UP = `
read -r pid rest </proc/self/stat
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -m 755 /mnt/over /mnt/work
mkdir -m 700 /mnt/ada /mnt/bob
[ -e /usr/bin/sudo ] || mount -t overlay overlay -o "lowerdir=$SUDO/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$SUDO/etc:/etc,upperdir=/mnt/over,workdir=/mnt/work" /etc
printf '%s\\n' ada:x:1500:1500::/mnt/ada:/bin/sh bob:x:1501:1501::/mnt/bob:/bin/sh >>/etc/passwd
printf '%s\\n' ada:x:1500: bob:x:1501: >>/etc/group
hash=$(perl -e 'print crypt("sesame", "\\$6\\$salt\\$")')
printf '%s\\n' "ada:$hash:19000:0:99999:7:::" 'bob:*:19000:0:99999:7:::' >>/etc/shadow
chown 1500:1500 /mnt/ada
chown 1501:1501 /mnt/bob
hostname machine
echo 127.0.0.1 machine >>/etc/hosts
echo "$pid"
exec env --ignore-signal=CHLD cat
`;

type Files =
  | { readonly kind: 'files'; readonly root: string }
  | { readonly kind: 'missed'; readonly why: string };

/** The machine's own, else the distribution's package, unpacked into the cache and not installed. */
async function sudoFiles(): Promise<Files> {
  const root = join(cacheFolder(), 'sudo-for-tests');
  if (await isThere(join(root, 'usr/bin/sudo'))) return { kind: 'files', root };
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), 'sudo-'));
  try {
    const surroundings = { env: process.env, cache: cacheFolder(), progress: () => {} };
    const apt = await prepareApt('machine', join(folder, 'apt'), surroundings);
    if (apt.kind === 'missed') return apt;
    const packages = await downloadPackages(apt.apt, { suite: 'machine', packages: ['sudo'] }, surroundings);
    if (packages.kind === 'missed') return packages;
    for (const file of packages.files) {
      const unpacked = await runCommand('dpkg', ['-x', file, join(folder, 'root')]);
      if (unpacked.kind === 'failed') return { kind: 'missed', why: unpacked.reason };
    }
    // Another test run may have been faster.
    await rename(join(folder, 'root'), root).catch(() => {});
    return { kind: 'files', root };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
