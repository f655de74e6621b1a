import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientKeyOf, inventoryOf, knownHostsOf, type Lab } from '../lab/lab.ts';
import { cacheFolder } from '../toolbox/cacheFolder.ts';
import { runCommand } from '../toolbox/command.ts';
import { timed } from './measure.ts';

const PROGRAM = join(cacheFolder(), 'bench', 'ansible', 'bin', 'ansible-playbook');

/** Ansible's core in an environment of its own in the cache folder, from PyPI. False where Python or PyPI can't be had. */
export async function ansibleIsThere(): Promise<boolean> {
  if (existsSync(PROGRAM)) return true;
  const folder = join(cacheFolder(), 'bench', 'ansible');
  await mkdir(join(cacheFolder(), 'bench'), { recursive: true });
  await runCommand('python3', ['-m', 'venv', folder]);
  await runCommand(join(folder, 'bin', 'pip'), ['install', '--quiet', 'ansible-core']);
  return existsSync(PROGRAM);
}

/**
 * Milliseconds that one more task `shell: true` takes, at its best: pipelining, ControlPersist, no facts. Taken from
 * the difference between a long and a short playbook, so that its start is not counted.
 */
export async function ansibleShell(lab: Lab, folder: string, tasks: number): Promise<number> {
  const few = 3;
  await playbook(lab, folder, few);
  const short = await timed(() => playbook(lab, folder, few));
  const long = await timed(() => playbook(lab, folder, few + tasks));
  return (long - short) / tasks;
}

async function playbook(lab: Lab, folder: string, tasks: number): Promise<void> {
  const book = [
    { hosts: 'all', gather_facts: false, tasks: Array.from({ length: tasks }, () => ({ shell: 'true' })) },
  ];
  const config = [
    '[defaults]',
    'interpreter_python = auto_silent',
    `private_key_file = ${clientKeyOf(lab)}`,
    '[ssh_connection]',
    'pipelining = True',
    `ssh_args = -F none -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${knownHostsOf(lab)}`,
    `control_path_dir = ${join(folder, 'cp')}`,
    '',
  ];
  await writeFile(join(folder, 'ansible.cfg'), config.join('\n'));
  await writeFile(join(folder, 'book.json'), JSON.stringify(book));
  const result = await runCommand(PROGRAM, ['-i', inventoryOf(lab), join(folder, 'book.json')], {
    env: { ...process.env, ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), ANSIBLE_HOME: join(folder, 'home') },
  });
  if (result.kind === 'failed')
    throw new Error(`ansible-playbook: ${result.reason}: ${result.stdout.slice(-500)}`);
}
