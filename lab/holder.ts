import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '../plan/errors.ts';
import { unshareFlags } from './isolation.ts';
import { homeOf, type LabHost } from './lab.ts';
import { HOLDER_MARK, startTimeOf } from './processes.ts';

/** The process that keeps a host's namespaces, and with them its disk, while nothing else runs there: its pid 1. */
export type Holder = { readonly pid: number; readonly started: string };

/** The holder if it is alive. */
export async function readHolder(host: LabHost): Promise<Holder | undefined> {
  const text = await readFile(join(host.folder, 'holder.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const holder = JSON.parse(text) as Holder;
  return (await startTimeOf(holder.pid)) === holder.started ? holder : undefined;
}

/**
 * Starts the holder: new namespaces, then the host's own /proc, boot id, passwd, disk and hostname laid over the machine's.
 * It ignores SIGCHLD, so the kernel itself reaps what is orphaned to it.
 */
export async function startHolder(
  host: LabHost,
  as: 'root' | 'user',
  disk: string | undefined,
): Promise<Holder> {
  const pidFile = join(host.folder, 'holder.pid');
  const logFile = join(host.folder, 'holder.log');
  await rm(pidFile, { force: true });
  const log = openSync(logFile, 'w');
  const child = spawn('unshare', [...unshareFlags(as), 'sh', '-eu', '-c', SET_UP], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      [HOLDER_MARK]: host.folder,
      HOME_FOLDER: homeOf(host),
      DISK: disk ?? '',
      NAME: host.name,
      AS: as,
    },
  });
  closeSync(log);
  child.unref();
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  for (;;) {
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    const started = pid > 0 ? await startTimeOf(pid) : undefined;
    if (started !== undefined) {
      const holder = { pid, started };
      await writeFile(join(host.folder, 'holder.json'), JSON.stringify(holder));
      return holder;
    }
    if (ended) throw await failure(host, logFile);
    await sleep(5);
  }
}

/** `/proc/self/stat` is read before the new /proc covers it: there the shell still has its pid on this machine. */
const SET_UP = `
read -r pid rest < /proc/self/stat
mount --make-rprivate /
mount -t proc proc /proc
mount --bind "$HOLDFAST_LAB_HOLDER/boot_id" /proc/sys/kernel/random/boot_id
mount --bind "$HOLDFAST_LAB_HOLDER/passwd" /etc/passwd
if [ -e /etc/shadow ]; then mount --bind "$HOLDFAST_LAB_HOLDER/shadow" /etc/shadow; fi
if [ "$AS" = root ] && [ ! -d /run/sshd ]; then
  mount -t tmpfs -o size=1M,mode=755 holdfast-lab /run
  mkdir -m 755 /run/sshd
fi
if [ -n "$DISK" ]; then mount -t tmpfs -o "size=$DISK,mode=700" holdfast-lab "$HOME_FOLDER"; fi
hostname "$NAME"
echo "$pid" > "$HOLDFAST_LAB_HOLDER/holder.pid.new"
mv "$HOLDFAST_LAB_HOLDER/holder.pid.new" "$HOLDFAST_LAB_HOLDER/holder.pid"
exec env --ignore-signal=CHLD sleep infinity
`;

async function failure(host: LabHost, logFile: string): Promise<HoldfastError> {
  const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? '';
  return new HoldfastError(
    'lab_host_not_started',
    `Host ${host.name} could not be set up: ${said}`,
    'Start the lab without a disk of its own: holdfast lab up --disk none',
  );
}
