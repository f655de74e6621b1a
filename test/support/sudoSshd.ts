import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SudoHost } from '../../activities/become/sudoForTest.ts';
import { clientKeyOf, inventoryOf, knownHostsOf } from '../../lab/lab.ts';
import type { TestLab } from '../../lab/testLab.ts';
import { findProgram } from '../../toolbox/findProgram.ts';

/**
 * Lets `ada` of a machine with sudo log in by a real sshd at `address`, with the keys of the lab's first host; returns an inventory of
 * the lab's hosts and of that machine, as `machine`. The sshd ends with the machine.
 */
export async function inventoryWithSudo(lab: TestLab, machine: SudoHost, address: string): Promise<string> {
  const [first] = lab.lab.hosts;
  if (first === undefined) throw new Error('a lab without hosts');
  const text = (...path: readonly string[]) => readFile(join(...path), 'utf8');
  const [config, hostKey, mayEnter, known] = await Promise.all([
    text(first.folder, 'sshd_config'),
    text(first.folder, 'host_key'),
    text(lab.dir, 'authorized_keys'),
    text(knownHostsOf(lab)),
  ]);
  const sshd = await findProgram('sshd');
  const lines = config
    .split('\n')
    .filter((line) => !/^(ListenAddress|HostKey|PidFile|AuthorizedKeysFile|SetEnv|Subsystem)\b/.test(line));
  lines.push(`ListenAddress ${address}:22`, 'HostKey /mnt/ssh/host_key', 'PidFile none');
  lines.push('AuthorizedKeysFile /mnt/ssh/authorized_keys');
  const library = sshd.libraryPath === undefined ? '' : `LD_LIBRARY_PATH='${sshd.libraryPath}' `;
  await machine.root(`
mkdir -m 755 /mnt/ssh
umask 077
cat >/mnt/ssh/host_key <<'END'
${hostKey}
END
cat >/mnt/ssh/sshd_config <<'END'
${lines.join('\n')}
END
cat >/mnt/ssh/authorized_keys <<'END'
${mayEnter}
END
chmod 644 /mnt/ssh/authorized_keys
grep -q '^sshd:' /etc/passwd || echo 'sshd:x:990:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd
mount -t tmpfs -o size=1M,mode=755 tmpfs /run
mkdir -m 755 /run/sshd
${library}'${sshd.path}' -f /mnt/ssh/sshd_config -E /mnt/ssh/log
`);
  const knownHosts = join(lab.dir, 'known_hosts_with_machine');
  const key = known.split('\n')[0]?.replace(/^\S+ /, '');
  await writeFile(knownHosts, `${known}${address} ${key}\n`);
  const inventory = join(lab.dir, 'with_machine.yaml');
  const vars = {
    ansible_host: address,
    ansible_user: 'ada',
    ansible_ssh_private_key_file: clientKeyOf(lab),
    holdfast_known_hosts: knownHosts,
  };
  const plain = await text(inventoryOf(lab));
  await writeFile(inventory, `${plain}\nsudo: { hosts: { machine: ${JSON.stringify(vars)} } }\n`);
  return inventory;
}
