import { clientKeyOf, knownHostsOf, type Lab } from '../lab/lab.ts';

/** OpenSSH's client with the lab's keys and nothing of the user's own configuration; the host's address and a command follow. */
export function opensshWords(lab: Lab): readonly string[] {
  const port = String(lab.hosts[0]?.port ?? 22);
  const settings = [`UserKnownHostsFile=${knownHostsOf(lab)}`, 'BatchMode=yes', 'LogLevel=ERROR'];
  const options = settings.flatMap((setting) => ['-o', setting]);
  return ['ssh', '-F', 'none', '-i', clientKeyOf(lab), '-p', port, '-l', lab.user, ...options];
}
