import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { homeOf, type LabHost } from './lab.ts';

/** Who logs in on the hosts: who runs the lab. */
export function loginUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container with a bare uid: the host's own passwd file gives it this name.
    return 'holdfast';
  }
}

/**
 * The passwd and shadow files that cover the machine's on a host: the login user lives in the host's home with a plain shell
 * and may log in by key, and there is the user that sshd wants for its privilege separation.
 */
export async function writeAccounts(host: LabHost, user: string): Promise<void> {
  const machine = await readFile('/etc/passwd', 'utf8');
  const lines = machine.split('\n').filter((line) => line !== '');
  const others = lines.filter((line) => !line.startsWith(`${user}:`));
  const ids = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const own = `${user}:x:${ids}::${homeOf(host)}:/bin/sh`;
  const separation = others.some((line) => line.startsWith('sshd:')) ? [] : [separationUser(lines)];
  await writeFile(join(host.folder, 'passwd'), `${[own, ...others, ...separation].join('\n')}\n`);
  const names = [user, 'sshd'];
  // `*` is no password that could match; `!` would be a locked account, which sshd refuses for keys too.
  const shadow = names.map((name) => `${name}:*:19000:0:99999:7:::\n`).join('');
  await writeFile(join(host.folder, 'shadow'), shadow, { mode: 0o600 });
}

function separationUser(lines: readonly string[]): string {
  const taken = new Set(lines.map((line) => Number(line.split(':')[2])));
  let id = 990;
  while (taken.has(id)) id -= 1;
  return `sshd:x:${id}:65534::/run/sshd:/usr/sbin/nologin`;
}
