import { readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { HoldfastError } from '../plan/errors.ts';
import type { Environment } from '../toolbox/cacheFolder.ts';
import type { Isolation } from './isolation.ts';

/** One host of a lab. `port` is where clients connect; `sshdPort` where sshd listens, another one behind a proxy. */
export type LabHost = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly sshdPort: number;
  /** `hosts/<name>` in the lab's folder: keys, configuration, logs, `home/` and `tmp/`. */
  readonly folder: string;
};

export type LabEtcd = { readonly version: string; readonly source: string };

/** What is written to `lab.json`, and all that `down`, `status` and `break` need to know. */
export type Lab = {
  readonly dir: string;
  readonly user: string;
  readonly isolation: Isolation;
  /** Size of each host's disk (a tmpfs over its home), as `1G`; absent: the home is a plain folder. */
  readonly disk?: string;
  readonly etcd?: LabEtcd;
  readonly proxy: boolean;
  /** A folder whose programs a session finds before the machine's. */
  readonly programs?: string;
  readonly hosts: readonly LabHost[];
};

/** `$HOLDFAST_DATA/lab`, else `~/.local/share/holdfast/lab`. */
export function labFolder(env: Environment = process.env): string {
  if (env.HOLDFAST_DATA) return resolve(env.HOLDFAST_DATA, 'lab');
  return join(env.HOME ?? homedir(), '.local', 'share', 'holdfast', 'lab');
}

export const homeOf = (host: LabHost): string => join(host.folder, 'home');
export const temporaryOf = (host: LabHost): string => join(host.folder, 'tmp');
export const inventoryOf = (lab: { readonly dir: string }): string => join(lab.dir, 'inventory.yaml');
export const knownHostsOf = (lab: { readonly dir: string }): string => join(lab.dir, 'known_hosts');
export const clientKeyOf = (lab: { readonly dir: string }): string => join(lab.dir, 'id_ed25519');

/** The lab in this folder, undefined where there is none. */
export async function readLab(dir: string): Promise<Lab | undefined> {
  const text = await readFile(join(dir, 'lab.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Lab);
}

/** @throws HoldfastError `lab_absent` */
export async function requireLab(dir: string): Promise<Lab> {
  const lab = await readLab(dir);
  if (lab !== undefined) return lab;
  throw new HoldfastError('lab_absent', `There is no lab in ${dir}.`, 'Start one: holdfast lab up');
}

export async function writeLab(lab: Lab): Promise<void> {
  await replaceFile(join(lab.dir, 'lab.json'), `${JSON.stringify(lab, null, 2)}\n`);
}

/** Writes a file so that who reads it at the same time gets the old or the new text, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** @throws HoldfastError `lab_host_unknown` */
export function requireHost(lab: Lab, name: string): LabHost {
  const host = lab.hosts.find((candidate) => candidate.name === name);
  if (host !== undefined) return host;
  const known = lab.hosts.map((candidate) => candidate.name).join(', ');
  throw new HoldfastError('lab_host_unknown', `The lab has no host ${name}.`, `Name one of: ${known}.`);
}
