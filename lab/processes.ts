import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '../plan/errors.ts';

/** Each process of a host carries this variable with the host's folder, also after it left its session by setsid. */
export const HOST_MARK = 'HOLDFAST_LAB_HOST';

/** The same for what keeps a host's namespaces, which must outlive its processes. */
export const HOLDER_MARK = 'HOLDFAST_LAB_HOLDER';

export type HostProcess = { readonly pid: number; readonly name: string; readonly command: string };

/** What makes a process a host's: its process namespace, its mark, or that it descends from its sshd. */
export type Claim = {
  /** The host's folder, which is the value of its marks. */
  readonly folder: string;
  readonly holder: number | undefined;
  /** Only where there are no namespaces: sshd writes its title over its own environment, and so over its mark. */
  readonly sshd: number | undefined;
};

export type Belongings = { readonly running: HostProcess[]; readonly holders: HostProcess[] };

/** Looks at every process of this machine once and tells, by host folder, what belongs to whom; pids are this machine's. */
export async function survey(claims: readonly Claim[]): Promise<ReadonlyMap<string, Belongings>> {
  const all = await allProcesses();
  const found = new Map<string, Belongings>();
  const byNamespace = new Map<string, string>();
  const bySshd = new Map<number, string>();
  for (const { folder, holder, sshd } of claims) {
    found.set(folder, { running: [], holders: [] });
    const namespace = holder === undefined ? undefined : await namespaceOf(holder);
    if (namespace !== undefined) byNamespace.set(namespace, folder);
    for (const pid of descendants(all, sshd)) bySshd.set(pid, folder);
  }
  for (const { pid } of all) {
    if (pid === process.pid) continue;
    const marks = await marksOf(pid);
    const holds = marks.get(HOLDER_MARK);
    const runs = bySshd.get(pid) ?? byNamespace.get((await namespaceOf(pid)) ?? '') ?? marks.get(HOST_MARK);
    const list = holds === undefined ? found.get(runs ?? '')?.running : found.get(holds)?.holders;
    const seen = list === undefined ? undefined : await look(pid);
    if (seen !== undefined) list?.push(seen);
  }
  return found;
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

async function marksOf(pid: number): Promise<ReadonlyMap<string, string>> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const marks = new Map<string, string>();
  for (const pair of environment.split('\0')) {
    const [name = '', value = ''] = pair.split('=', 2);
    if (name === HOST_MARK || name === HOLDER_MARK) marks.set(name, value);
  }
  return marks;
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
