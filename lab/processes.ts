import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '../plan/errors.ts';
import type { Holder } from './holder.ts';
import type { LabHost } from './lab.ts';

/** Each process of a host carries this variable with the host's folder, also after it left its session by setsid. */
export const HOST_MARK = 'HOLDFAST_LAB_HOST';

/** The same for what keeps a host's namespaces, which must outlive its processes. */
export const HOLDER_MARK = 'HOLDFAST_LAB_HOLDER';

export type HostProcess = { readonly pid: number; readonly name: string; readonly command: string };

/**
 * The processes of a host, by their pids on this machine: those in its process namespace where it has one, those that carry
 * its mark, and what descends from its sshd (sshd writes its title over its own environment).
 */
export async function processesOf(
  host: LabHost,
  holder: Holder | undefined,
  sshdPid: number | undefined,
): Promise<readonly HostProcess[]> {
  const namespace = holder === undefined ? undefined : await namespaceOf(holder.pid);
  const all = await allProcesses();
  const under = descendants(all, sshdPid);
  const own: HostProcess[] = [];
  for (const { pid } of all) {
    if (pid === process.pid || pid === holder?.pid) continue;
    const belongs =
      under.has(pid) ||
      (namespace !== undefined && (await namespaceOf(pid)) === namespace) ||
      (await carriesMark(pid, HOST_MARK, host.folder));
    if (!belongs) continue;
    const seen = await look(pid);
    if (seen !== undefined) own.push(seen);
  }
  return own;
}

/** The processes that keep a host's namespaces, also those whose start was interrupted. */
export async function holdersOf(host: LabHost): Promise<readonly HostProcess[]> {
  const holders: HostProcess[] = [];
  for (const { pid } of await allProcesses()) {
    if (!(await carriesMark(pid, HOLDER_MARK, host.folder))) continue;
    const seen = await look(pid);
    if (seen !== undefined) holders.push(seen);
  }
  return holders;
}

/** Kills until nobody is left: a process may have started another between the look and the kill. */
export async function killAll(find: () => Promise<readonly HostProcess[]>, what: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const left = await find();
    if (left.length === 0) return;
    for (const { pid } of left) kill(pid);
    await sleep(20);
  }
  throw new HoldfastError(
    'lab_stuck',
    `Processes of ${what} do not end.`,
    'Look at them: holdfast lab status',
  );
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

/** The start time in clock ticks since boot (proc(5), field 22 of stat): with the pid it names one process for good. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const fields = await statFields(pid);
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

async function statFields(pid: number): Promise<readonly string[] | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return line?.slice(line.lastIndexOf(')') + 2).split(' ');
}

type Family = { readonly pid: number; readonly parent: number };

async function allProcesses(): Promise<readonly Family[]> {
  const family: Family[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const fields = await statFields(pid);
    if (fields !== undefined && fields[0] !== 'Z') family.push({ pid, parent: Number(fields[1]) });
  }
  return family;
}

function descendants(all: readonly Family[], root: number | undefined): ReadonlySet<number> {
  const found = new Set<number>();
  if (root === undefined || !all.some(({ pid }) => pid === root)) return found;
  found.add(root);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return found;
}

async function namespaceOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
}

async function carriesMark(pid: number, mark: string, folder: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${mark}=${folder}`);
}

async function look(pid: number): Promise<HostProcess | undefined> {
  try {
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    return { pid, name, command };
  } catch {
    return undefined;
  }
}
