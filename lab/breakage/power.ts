import { mkdir, rm } from 'node:fs/promises';
import { HoldfastError } from '../../plan/errors.ts';
import { findProgram } from '../../toolbox/findProgram.ts';
import { hostProcesses, newBootId, powerCut, startHost } from '../host.ts';
import { type Lab, type LabHost, temporaryOf } from '../lab.ts';
import { killAll } from '../processes.ts';

/** Ends every process of the host at once, gives it a new boot id, and starts its sshd again. Its disk keeps what it holds. */
export async function reboot(lab: Lab, host: LabHost): Promise<string> {
  if (lab.isolation.kind === 'folders') {
    throw new HoldfastError(
      'lab_no_boot_id',
      `${host.name} can't get a boot id of its own: ${lab.isolation.why}.`,
      'Run the lab where namespaces are allowed: as root, or with user namespaces switched on.',
    );
  }
  const sshd = await findProgram('sshd');
  await powerCut(lab, host);
  await newBootId(host);
  await rm(temporaryOf(host), { recursive: true, force: true });
  await mkdir(temporaryOf(host), { mode: 0o700 });
  await startHost(lab, host, sshd);
  return `${host.name} was rebooted`;
}

/** kill -9 of every process with this name on the host; they are gone when it resolves. */
export async function killProcess(host: LabHost, name: string): Promise<string> {
  const all = await hostProcesses(host);
  const meant = all.filter((process) => process.name === name.slice(0, 15));
  if (meant.length === 0) {
    const others = [...new Set(all.map((process) => process.name))].join(', ') || 'nothing';
    throw new HoldfastError(
      'lab_process_absent',
      `No process ${name} runs on ${host.name}.`,
      `What runs there: ${others}.`,
    );
  }
  const pids = new Set(meant.map(({ pid }) => pid));
  const left = async () => (await hostProcesses(host)).filter(({ pid }) => pids.has(pid));
  await killAll(left, `the name ${name} on ${host.name}`);
  return `killed ${name} on ${host.name} (${meant.length === 1 ? 'one process' : `${meant.length} processes`})`;
}

/** Ends sshd with all connections; what was started over them and left its session goes on. */
export async function sshdDown(host: LabHost): Promise<string> {
  const find = async () => (await hostProcesses(host)).filter(({ name }) => name.startsWith('sshd'));
  await killAll(find, `sshd on ${host.name}`);
  return `the sshd of ${host.name} is gone`;
}

export async function sshdUp(lab: Lab, host: LabHost): Promise<string> {
  await startHost(lab, host, await findProgram('sshd'));
  return `the sshd of ${host.name} is back`;
}
