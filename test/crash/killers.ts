import { setTimeout as pause } from 'node:timers/promises';
import { kill } from '../../lab/processes.ts';
import { sessionPids, supervisorPids, type Target } from './target.ts';

/** What is killed, with real signals. Each resolves when what should come back by itself or by us is back. */
export const KILLERS = {
  worker: ({ house }) => house.killWorker(),
  async server({ house }) {
    await house.killServer();
    await house.up();
  },
  Temporal: ({ house }) => house.killTemporal(),
  async connection(target, host) {
    for (const pid of await sessionPids(target, host)) kill(pid);
  },
  async sshd({ house }, host) {
    await house.lab.break({ kind: 'sshd-down', host });
    await pause(400);
    await house.lab.break({ kind: 'sshd-up', host });
  },
  async supervisor(target, host) {
    for (const pid of await supervisorPids(target, host)) kill(pid);
  },
  async host({ house }, host) {
    await house.lab.break({ kind: 'reboot', host });
  },
} as const satisfies { readonly [what: string]: (target: Target, host: string) => Promise<void> };
export type Killed = keyof typeof KILLERS;
export const KILLED = Object.keys(KILLERS) as readonly Killed[];

/** Only these can leave the fate of a command unknown: the others leave its supervisor alive. */
export const MAY_LOSE_A_FATE: readonly Killed[] = ['supervisor', 'host'];
