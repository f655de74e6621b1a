import { resolve } from 'node:path';
import { HoldfastError } from '../plan/errors.ts';
import type { Environment } from '../toolbox/cacheFolder.ts';
import { freeDisk, fullDisk, loseData } from './breakage/disk.ts';
import { killProcess, reboot, sshdDown, sshdUp } from './breakage/power.ts';
import { type Lab, labFolder, requireHost, requireLab } from './lab.ts';
import { changeLink } from './proxy.ts';

/** What can be done to a host. */
export type Breakage =
  | { readonly kind: 'kill'; readonly host: string; readonly process: string }
  | { readonly kind: 'full-disk' | 'free-disk' | 'lose-data'; readonly host: string }
  | { readonly kind: 'sshd-down' | 'sshd-up'; readonly host: string }
  | { readonly kind: 'partition' | 'heal'; readonly host: string }
  | { readonly kind: 'slow'; readonly host: string; readonly delayMs: number }
  | { readonly kind: 'reboot'; readonly host: string };

/** For help texts: each kind with the arguments it takes after it. */
export const BREAKAGES: Readonly<
  Record<Breakage['kind'], { readonly usage: string; readonly does: string }>
> = {
  kill: { usage: 'HOST PROCESS', does: 'kill -9 of every process with that name' },
  'full-disk': { usage: 'HOST', does: "fill the host's disk to the last block" },
  'free-disk': { usage: 'HOST', does: 'take away what filled it' },
  'lose-data': { usage: 'HOST', does: "delete etcd's data and WAL; its programs stay" },
  'sshd-down': { usage: 'HOST', does: 'end sshd and its connections' },
  'sshd-up': { usage: 'HOST', does: 'start it again' },
  partition: { usage: 'HOST', does: 'let nothing through to sshd any more (lab up --proxy)' },
  heal: { usage: 'HOST', does: 'undo partition and slow' },
  slow: { usage: 'HOST MILLISECONDS', does: 'delay each way by so much (lab up --proxy)' },
  reboot: { usage: 'HOST', does: 'end all processes, new boot id, start sshd' },
};

/**
 * Breaks one thing and returns a sentence about what was done. It is in force when the call returns.
 *
 * @throws HoldfastError where it can't be done, with the reason: `lab_absent`, `lab_host_unknown`, `lab_no_disk`, …
 */
export async function labBreak(
  breakage: Breakage,
  options: { readonly dir?: string; readonly env?: Environment } = {},
): Promise<string> {
  const lab = await requireLab(resolve(options.dir ?? labFolder(options.env)));
  return apply(lab, breakage);
}

async function apply(lab: Lab, breakage: Breakage): Promise<string> {
  const host = requireHost(lab, breakage.host);
  switch (breakage.kind) {
    case 'kill':
      return killProcess(host, breakage.process);
    case 'full-disk':
      return fullDisk(lab, host);
    case 'free-disk':
      return freeDisk(host);
    case 'lose-data':
      return loseData(host);
    case 'sshd-down':
      return sshdDown(host);
    case 'sshd-up':
      return sshdUp(lab, host);
    case 'partition':
      await changeLink(lab, host, { cut: true });
      return `nothing reaches the sshd of ${host.name} any more`;
    case 'heal':
      await changeLink(lab, host, { cut: false, delayMs: 0 });
      return `the way to ${host.name} is open`;
    case 'slow':
      await changeLink(lab, host, { delayMs: breakage.delayMs });
      return `the way to ${host.name} takes ${breakage.delayMs} ms longer in each direction`;
    case 'reboot':
      return reboot(lab, host);
  }
}

/**
 * The breakage that words of a command line mean, as `['kill', 'etcd00', 'etcd']`.
 *
 * @throws HoldfastError `lab_breakage_wrong`
 */
export function parseBreakage(words: readonly string[]): Breakage {
  const [kind = '', host, last] = words;
  const known = Object.entries(BREAKAGES).find(([name]) => name === kind);
  if (known === undefined) {
    throw new HoldfastError(
      'lab_breakage_wrong',
      kind === '' ? 'It is not said what to break.' : `The lab can't break ${kind}.`,
      `It can: ${Object.keys(BREAKAGES).join(', ')}.`,
    );
  }
  const wrong = new HoldfastError(
    'lab_breakage_wrong',
    `${kind} does not take ${words.slice(1).join(' ') || 'nothing'}.`,
    `holdfast lab break ${kind} ${known[1].usage}`,
  );
  if (host === undefined || words.length !== known[1].usage.split(' ').length + 1) throw wrong;
  const named = known[0] as Breakage['kind'];
  if (named === 'kill') return { kind: named, host, process: last ?? '' };
  if (named !== 'slow') return { kind: named, host };
  const delayMs = Number(last);
  if (!Number.isFinite(delayMs) || delayMs < 0) throw wrong;
  return { kind: named, host, delayMs };
}
