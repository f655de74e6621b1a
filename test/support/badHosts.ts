import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureKey } from '../../lab/keys.ts';
import { clientKeyOf, homeOf, knownHostsOf } from '../../lab/lab.ts';
import type { TestLab } from '../../lab/testLab.ts';

/**
 * An inventory of the lab's hosts, and of some that something is wrong with: `dead` (nothing listens), `refused` (it does
 * not know our key), `changed` (known by another host key than it shows), `stranger` (its host key is not known).
 */
export async function inventoryWithBadHosts(lab: TestLab): Promise<string> {
  const folder = join(lab.dir, 'bad');
  await mkdir(folder);
  const file = (name: string) => join(folder, name);
  const other = await ensureKey('ssh-keygen', file('other_key'), 'nobody knows it');
  const known = await readFile(knownHostsOf(lab), 'utf8');
  await writeFile(file('changed'), known.replace(/ssh-ed25519 \S+/g, other));
  await writeFile(file('empty'), '');

  const [first] = lab.lab.hosts;
  if (first === undefined) throw new Error('a lab without hosts');
  const login = `ansible_host=${first.address} ansible_port=${first.port}`;
  const good = lab.lab.hosts.map(
    (host) =>
      `${host.name} ansible_host=${host.address} ansible_port=${host.port} holdfast_home=${homeOf(host)}`,
  );
  await writeFile(
    file('inventory.ini'),
    [
      '[etcd]',
      ...good,
      '[bad]',
      'dead ansible_host=127.82.254.254 ansible_port=1',
      `refused ${login} ansible_ssh_private_key_file=${file('other_key')}`,
      `changed ${login} holdfast_known_hosts=${file('changed')}`,
      `stranger ${login} holdfast_known_hosts=${file('empty')}`,
      '[all:vars]',
      `ansible_user=${lab.lab.user}`,
      `ansible_ssh_private_key_file=${clientKeyOf(lab)}`,
      `holdfast_known_hosts=${knownHostsOf(lab)}`,
      '',
    ].join('\n'),
  );
  return file('inventory.ini');
}
