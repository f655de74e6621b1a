import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../toolbox/command.ts';
import type { FoundProgram } from '../toolbox/way.ts';
import { writeAccounts } from './accounts.ts';
import { readHolder, startHolder } from './holder.ts';
import { enterFlags } from './isolation.ts';
import { ensureKey } from './keys.ts';
import { homeOf, type Lab, type LabHost, temporaryOf } from './lab.ts';
import { type Claim, HOST_MARK, type HostProcess, kill, killAll, survey } from './processes.ts';
import { answers, sshdPidFile, startSshd } from './sshd.ts';

/** Lays out a host's folder and makes its key; returns its public host key. */
export async function prepareHost(host: LabHost, user: string, keygen: string): Promise<string> {
  await mkdir(homeOf(host), { recursive: true, mode: 0o700 });
  await mkdir(temporaryOf(host), { recursive: true, mode: 0o700 });
  // On a host that runs the file is its /etc/passwd at this moment.
  if ((await readHolder(host)) === undefined) await writeAccounts(host, user);
  return ensureKey(keygen, join(host.folder, 'host_key'), host.name);
}

/** Starts what of the host is not running: its namespaces, its sshd. */
export async function startHost(lab: Lab, host: LabHost, sshd: FoundProgram): Promise<void> {
  let holder = await readHolder(host);
  if (holder === undefined && lab.isolation.kind === 'namespaces') {
    // An earlier start may have been interrupted before it wrote down what it started.
    await endHosts([host]);
    await newBootId(host);
    holder = await startHolder(host, lab.isolation.as, lab.disk);
  }
  if (await answers(host.address, host.sshdPort)) return;
  await startSshd(lab, host, holder, sshd);
}

/** All processes of the host but the one that holds its namespaces. */
export async function hostProcesses(host: LabHost): Promise<readonly HostProcess[]> {
  return (await hostsProcesses([host])).get(host) ?? [];
}

/** The same for many hosts, for the price of one. */
export async function hostsProcesses(
  hosts: readonly LabHost[],
): Promise<ReadonlyMap<LabHost, readonly HostProcess[]>> {
  const found = await survey(await Promise.all(hosts.map(claimOf)));
  return new Map(hosts.map((host) => [host, found.get(host.folder)?.running ?? []]));
}

async function claimOf(host: LabHost): Promise<Claim> {
  const holder = await readHolder(host);
  return {
    folder: host.folder,
    holder: holder?.pid,
    sshd: holder === undefined ? await ownSshd(host) : undefined,
  };
}

/** A pid file may be older than the pid's present owner: only an sshd with this host's configuration is meant. */
async function ownSshd(host: LabHost): Promise<number | undefined> {
  const pid = await sshdPidFile(host);
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes(host.folder) ? pid : undefined;
}

/** Ends every process of the host at once, as a power cut would. Its namespaces, and so its disk, stay. */
export async function powerCut(lab: Lab, host: LabHost): Promise<void> {
  const holder = await readHolder(host);
  if (holder !== undefined && lab.isolation.kind === 'namespaces') {
    // kill(2) of -1 inside a process namespace reaches every process in it but pid 1 and the caller, in one step.
    await runCommand('nsenter', [...enterFlags(lab.isolation.as, holder.pid), 'sh', '-c', 'kill -9 -1'], {
      env: { PATH: process.env.PATH, [HOST_MARK]: host.folder },
    });
  }
  await killAll(() => hostProcesses(host), host.name);
}

/** Ends hosts for good: their processes and what holds their namespaces, with which their disks go. */
export async function endHosts(hosts: readonly LabHost[]): Promise<void> {
  for (const host of hosts) {
    // With pid 1 of a process namespace the kernel ends all that is in it.
    const holder = await readHolder(host);
    if (holder !== undefined) kill(holder.pid);
  }
  const claims = await Promise.all(hosts.map(claimOf));
  await killAll(async () => {
    const found = await survey(claims);
    return [...found.values()].flatMap(({ running, holders }) => [...running, ...holders]);
  }, 'the lab');
  await Promise.all(hosts.map((host) => rm(join(host.folder, 'holder.json'), { force: true })));
}

/** Written into the same file, as that is what is mounted over the kernel's. */
export async function newBootId(host: LabHost): Promise<void> {
  await writeFile(join(host.folder, 'boot_id'), `${randomUUID()}\n`);
}

/** A path on the host as this machine's processes reach it, through the mounts that only the host sees. */
export async function reach(host: LabHost, path: string): Promise<string> {
  const holder = await readHolder(host);
  return holder === undefined ? path : `/proc/${holder.pid}/root${path}`;
}
