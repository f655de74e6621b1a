import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../toolbox/command.ts';
import type { FoundProgram } from '../toolbox/way.ts';
import { writeAccounts } from './accounts.ts';
import { readHolder, startHolder } from './holder.ts';
import { enterFlags } from './isolation.ts';
import { ensureKey } from './keys.ts';
import { homeOf, type Lab, type LabHost, temporaryOf } from './lab.ts';
import { HOST_MARK, type HostProcess, holdersOf, killAll, processesOf } from './processes.ts';
import { answers, sshdPidFile, startSshd } from './sshd.ts';

/** Lays out a host's folder and makes its key; returns its public host key. */
export async function prepareHost(host: LabHost, user: string, keygen: string): Promise<string> {
  await mkdir(homeOf(host), { recursive: true, mode: 0o700 });
  await mkdir(temporaryOf(host), { recursive: true, mode: 0o700 });
  await writeAccounts(host, user);
  return ensureKey(keygen, join(host.folder, 'host_key'), host.name);
}

/** Starts what of the host is not running: its namespaces, its sshd. */
export async function startHost(lab: Lab, host: LabHost, sshd: FoundProgram): Promise<void> {
  let holder = await readHolder(host);
  if (holder === undefined && lab.isolation.kind === 'namespaces') {
    await newBootId(host);
    holder = await startHolder(host, lab.isolation.as, lab.disk);
  }
  if (await answers(host.address, host.sshdPort)) return;
  await startSshd(lab, host, holder, sshd);
}

/** All processes of the host but the one that holds its namespaces. */
export async function hostProcesses(host: LabHost): Promise<readonly HostProcess[]> {
  const holder = await readHolder(host);
  // Inside a process namespace sshd's pid file counts differently, and isn't needed.
  const sshd = holder === undefined ? await sshdPidFile(host) : undefined;
  return processesOf(host, holder, await ownSshd(host, sshd));
}

/** A pid file may be older than the pid's present owner: only an sshd with this host's configuration is meant. */
async function ownSshd(host: LabHost, pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined;
  const listed = await runCommand('cat', [`/proc/${pid}/cmdline`]);
  return listed.kind === 'done' && listed.stdout.includes(host.folder) ? pid : undefined;
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

/** Ends the host for good: its processes, then its namespaces, with which its disk goes. */
export async function endHost(lab: Lab, host: LabHost): Promise<void> {
  await powerCut(lab, host);
  await killAll(() => holdersOf(host), host.name);
  await killAll(() => hostProcesses(host), host.name);
  await rm(join(host.folder, 'holder.json'), { force: true });
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
