import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { kill } from '../../lab/processes.ts';
import { type Ground, sessionPids, supervisorPids } from './target.ts';
import type { Watcher } from './watcher.ts';

/**
 * What is killed, with real signals. `strike` resolves when it is gone, and answers what brings back what does not come back
 * by itself.
 */
type Killer = (ground: Ground, hosts: readonly string[]) => Promise<() => Promise<void>>;

const nothing = async () => {};

const KILLERS = {
  async worker({ house }) {
    const { worker } = await house.server();
    const command = await readFile(`/proc/${worker.pid}/cmdline`, 'utf8').catch(() => '');
    // What stands there may be dead, and its number somebody else's by now.
    if (worker.pid !== undefined && command.includes('worker')) kill(worker.pid);
    return nothing;
  },
  async server({ house }) {
    await house.killServer();
    return () => house.up();
  },
  async Temporal({ house }) {
    const back = house.killTemporal();
    back.catch(nothing);
    await pause(20);
    return () => back;
  },
  async connection(ground, hosts) {
    for (const pid of await sessionPids(ground, hosts)) kill(pid);
    return nothing;
  },
  async sshd({ house }, hosts) {
    await Promise.all(hosts.map((host) => house.lab.break({ kind: 'sshd-down', host })));
    return async () => {
      await pause(400);
      await Promise.all(hosts.map((host) => house.lab.break({ kind: 'sshd-up', host })));
    };
  },
  async supervisor(ground, hosts) {
    for (const pid of await supervisorPids(ground, hosts)) kill(pid);
    return nothing;
  },
  async host({ house }, hosts) {
    await Promise.all(hosts.map((host) => house.lab.break({ kind: 'reboot', host })));
    return nothing;
  },
} as const satisfies { readonly [what: string]: Killer };
export type Killed = keyof typeof KILLERS;
export const KILLED = Object.keys(KILLERS) as readonly Killed[];

/** These are on a host: of how many one strike kills them. The others are there once, and every run feels it. */
export const ON_HOSTS: readonly Killed[] = ['connection', 'sshd', 'supervisor', 'host'];

/** Kills, and has it stand among what the workers tell: some of it explains what they see then. */
export async function strike(
  { watcher, ...ground }: Ground & { readonly watcher: Watcher },
  what: Killed,
  hosts: readonly string[],
): Promise<() => Promise<void>> {
  if (what !== 'supervisor' && what !== 'host') return KILLERS[what](ground, hosts);
  watcher.note({ strikes: true, what, hosts });
  const bringBack = await KILLERS[what](ground, hosts);
  watcher.note({ strikes: false, what, hosts });
  return bringBack;
}

/** Only these can leave the fate of a command unknown: the others leave its supervisor alive. */
export const MAY_LOSE_A_FATE: readonly Killed[] = ['supervisor', 'host'];
