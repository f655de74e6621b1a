import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { HoldfastError } from '../plan/errors.ts';
import type { Environment } from '../toolbox/cacheFolder.ts';
import { findProgram } from '../toolbox/findProgram.ts';
import { takeLock } from '../toolbox/lock.ts';
import type { Progress } from '../toolbox/way.ts';
import { loginUser } from './accounts.ts';
import { choosePort, requireEtcdPorts } from './addresses.ts';
import { prepareHost, startHost } from './host.ts';
import { writeInventory, writeKnownHosts } from './inventoryFile.ts';
import { findIsolation, type Isolation } from './isolation.ts';
import { ensureKey } from './keys.ts';
import {
  clientKeyOf,
  type Lab,
  type LabEtcd,
  type LabHost,
  labFolder,
  readLab,
  replaceFile,
  writeLab,
} from './lab.ts';
import { startProxy } from './proxy.ts';
import { answers } from './sshd.ts';

export type LabUpOptions = {
  /** Default: `$HOLDFAST_DATA/lab` or `~/.local/share/holdfast/lab`. */
  readonly dir?: string;
  /** How many (1 to 250), or which. Default 3: etcd00 at 127.81.0.3, etcd01 at 127.81.0.4, … */
  readonly hosts?: number | readonly { readonly name: string; readonly address: string }[];
  /** Version or prefix of one, as `3.4`. Absent: hosts without etcd. */
  readonly etcdVersion?: string;
  /** Size of each host's disk, as `256M`; default `1G`; `none` for a plain folder. Memory is used as the disk fills. */
  readonly disk?: string;
  /** A TCP proxy in front of every sshd, which `labBreak` can cut and slow. Default false. */
  readonly proxy?: boolean;
  /** A folder whose programs a session finds before the machine's: stand-ins of what can't run here. */
  readonly programs?: string;
  /** False leaves the kernel's namespaces out even where they are to be had. Default true. */
  readonly namespaces?: boolean;
  readonly progress?: Progress;
  readonly env?: Environment;
  readonly signal?: AbortSignal;
};

/**
 * Brings a lab up: starts what isn't running and leaves alone what is. Returns when every sshd answers. Called again it may
 * add hosts and change the etcd version on offer; it never takes a host away.
 *
 * @throws HoldfastError `lab_address_taken`, `lab_address_absent`, `lab_option_wrong`, `program_not_found` and others, each
 * one sentence and a mend.
 */
export async function labUp(options: LabUpOptions = {}): Promise<Lab> {
  const dir = resolve(options.dir ?? labFolder(options.env));
  await mkdir(dirname(dir), { recursive: true });
  const lock = await takeLock(`${dir}.lock`, options.signal === undefined ? {} : { signal: options.signal });
  try {
    return await bringUp(dir, options);
  } finally {
    await lock.release();
  }
}

async function bringUp(dir: string, options: LabUpOptions): Promise<Lab> {
  const progress = options.progress ?? (() => {});
  const find = { progress, ...pick(options.env, 'env'), ...pick(options.signal, 'signal') };
  const before = await readLab(dir);
  const [sshd, keygen, etcd, isolation] = await Promise.all([
    findProgram('sshd', undefined, find),
    findProgram('ssh-keygen', undefined, find),
    findEtcd(options.etcdVersion, find),
    before?.isolation ?? (options.namespaces === false ? WITHOUT_NAMESPACES : findIsolation()),
  ]);
  const disk = before === undefined ? diskFor(isolation, options.disk) : before.disk;
  const offered = etcd ?? before?.etcd;
  const proxy = before?.proxy ?? options.proxy ?? false;
  const hosts = await placeHosts(
    dir,
    options.hosts ?? before?.hosts ?? 3,
    before,
    offered !== undefined,
    proxy,
  );
  const user = before?.user ?? loginUser();
  const programs = before?.programs ?? options.programs;
  const lab: Lab = {
    dir,
    user,
    isolation,
    proxy,
    hosts,
    ...pick(disk, 'disk'),
    ...pick(offered, 'etcd'),
    ...pick(programs, 'programs'),
  };

  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeLab(lab);
  const client = await ensureKey(keygen.path, clientKeyOf(lab), 'holdfast-lab');
  await replaceFile(join(dir, 'authorized_keys'), `${client}\n`);
  const keys = new Map<LabHost, string>();
  let started = 0;
  await Promise.all(
    hosts.map(async (host) => {
      keys.set(host, await prepareHost(host, user, keygen.path));
      await startHost(lab, host, sshd);
      started += 1;
      progress(`hosts up: ${started} of ${hosts.length}`);
    }),
  );
  if (proxy) await startProxy(lab);
  await writeKnownHosts(lab, keys);
  await writeInventory(lab);
  return lab;
}

const WITHOUT_NAMESPACES: Isolation = { kind: 'folders', why: 'the lab was started without namespaces' };

async function findEtcd(
  version: string | undefined,
  find: Parameters<typeof findProgram>[2],
): Promise<LabEtcd | undefined> {
  if (version === undefined) return undefined;
  const server = await findProgram('etcd', version, find);
  const client = await findProgram('etcdctl', server.version, find);
  const source = dirname(server.path);
  if (dirname(client.path) === source) return { version: server.version, source };
  throw new HoldfastError(
    'lab_etcd_apart',
    `etcd ${server.version} is in ${source} and its etcdctl in ${dirname(client.path)}.`,
    'Put both into one folder, or take them off PATH so that they are fetched together.',
  );
}

/** Keeps the hosts that are there and adds what is asked for; new ones only at addresses that are free. */
async function placeHosts(
  dir: string,
  asked: number | readonly { readonly name: string; readonly address: string }[],
  before: Lab | undefined,
  withEtcd: boolean,
  proxy: boolean,
): Promise<readonly LabHost[]> {
  const kept = before?.hosts ?? [];
  const places = typeof asked === 'number' ? numbered(asked) : asked;
  const added = places.filter(({ name }) => !kept.some((host) => host.name === name));
  const down = await notAnswering(kept);
  const addresses = added.map(({ address }) => address);
  const port = addresses.length === 0 ? 0 : await choosePort(addresses);
  if (withEtcd) await requireEtcdPorts([...addresses, ...down.map(({ address }) => address)]);
  const hosts = added.map(({ name, address }) => ({
    name,
    address,
    port,
    sshdPort: proxy ? 22022 : port,
    folder: join(dir, 'hosts', name),
  }));
  return [...kept, ...hosts];
}

async function notAnswering(hosts: readonly LabHost[]): Promise<readonly LabHost[]> {
  const up = await Promise.all(hosts.map((host) => answers(host.address, host.sshdPort)));
  return hosts.filter((_, index) => up[index] === false);
}

function numbered(count: number): readonly { readonly name: string; readonly address: string }[] {
  if (!Number.isInteger(count) || count < 1 || count > 250) {
    throw new HoldfastError('lab_option_wrong', `A lab can't have ${count} hosts.`, 'Ask for 1 to 250.');
  }
  return Array.from({ length: count }, (_, index) => ({
    name: `etcd${String(index).padStart(2, '0')}`,
    address: `127.81.0.${index + 3}`,
  }));
}

function diskFor(isolation: Isolation, disk = '1G'): string | undefined {
  if (disk === 'none') return undefined;
  if (/^[1-9]\d*[MG]$/.test(disk)) return isolation.kind === 'namespaces' ? disk : undefined;
  throw new HoldfastError(
    'lab_option_wrong',
    `${disk} is no size of a disk.`,
    'Write it as 256M or 1G, or none.',
  );
}

/** `{ [key]: value }`, or nothing where the value is undefined. */
function pick<Key extends string, Value>(
  value: Value | undefined,
  key: Key,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
