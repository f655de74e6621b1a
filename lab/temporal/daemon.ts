import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '../../toolbox/cacheFolder.ts';

/** A user to start it as, where we are root and it will not be. */
export type Account = { readonly uid: number; readonly gid: number };

export type Daemon = {
  readonly pid: number;
  /** The signal, and KILL after five seconds; resolves when it is gone. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** Whether it still runs. */
  readonly lives: () => boolean;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
};

const GRACE_MS = 5_000;

/**
 * Starts a program that ends with this process, however that ends: the kernel kills it then (prctl(2), PR_SET_PDEATHSIG, by
 * way of setpriv(1)). What it says goes to the end of a file.
 */
export function startDaemon(parts: {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly log: string;
  readonly as?: Account;
}): Daemon {
  const log = openSync(parts.log, 'a', 0o600);
  try {
    const as =
      parts.as === undefined
        ? []
        : ['--reuid', String(parts.as.uid), '--regid', String(parts.as.gid), '--clear-groups'];
    const child = spawn('setpriv', [...as, '--pdeathsig', 'KILL', parts.program, ...parts.args], {
      cwd: '/',
      env: { ...parts.env },
      stdio: ['ignore', log, log],
    });
    return {
      pid: child.pid ?? 0,
      lives: () => isAlive(child),
      ended: once(child, 'exit'),
      stop: (signal) => stop(child, signal),
    };
  } finally {
    closeSync(log);
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!isAlive(child)) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await Promise.race([gone, pause(GRACE_MS, undefined, { ref: false })]);
  child.kill('SIGKILL');
  await gone;
}
