import { readFile, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Environment } from '../toolbox/cacheFolder.ts';
import { hostsProcesses, reach } from './host.ts';
import { homeOf, type Lab, type LabHost, labFolder, requireLab } from './lab.ts';
import type { LinkState } from './link.ts';
import type { HostProcess } from './processes.ts';
import { linkOf } from './proxy.ts';
import { answers } from './sshd.ts';

export type HostStatus = {
  readonly host: LabHost;
  readonly sshd: 'up' | 'down';
  readonly bootId: string | undefined;
  /** Bytes of the file system its home is on. */
  readonly disk: { readonly size: number; readonly free: number };
  readonly link: LinkState | undefined;
  /** What runs on it, sshd and its sessions left out. */
  readonly processes: readonly HostProcess[];
};

export type LabStatus = { readonly lab: Lab; readonly hosts: readonly HostStatus[] };

/** @throws HoldfastError `lab_absent` */
export async function labStatus(
  options: { readonly dir?: string; readonly env?: Environment } = {},
): Promise<LabStatus> {
  const lab = await requireLab(resolve(options.dir ?? labFolder(options.env)));
  const processes = await hostsProcesses(lab.hosts);
  const hosts = lab.hosts.map((host) => statusOf(lab, host, processes.get(host) ?? []));
  return { lab, hosts: await Promise.all(hosts) };
}

async function statusOf(lab: Lab, host: LabHost, processes: readonly HostProcess[]): Promise<HostStatus> {
  const disk = await statfs(await reach(host, homeOf(host)));
  const bootId = await readFile(join(host.folder, 'boot_id'), 'utf8').catch(() => undefined);
  return {
    host,
    sshd: (await answers(host.address, host.sshdPort)) ? 'up' : 'down',
    bootId: bootId?.trim(),
    disk: { size: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
    link: await linkOf(lab, host),
    processes: processes.filter(({ name }) => !name.startsWith('sshd')),
  };
}
