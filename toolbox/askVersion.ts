import type { Environment } from './cacheFolder.ts';
import { runCommand } from './command.ts';
import type { ProgramName } from './programs.ts';
import { versionIn } from './version.ts';

/** Starts the program to hear its version; undefined where it does not run or does not say. */
export async function askVersion(
  program: ProgramName,
  path: string,
  env: Environment,
): Promise<string | undefined> {
  const result = await runCommand(path, flagsFor(program), {
    // 3.3 and older speak API 2 by default and then print another text; both carry the version.
    env: { ...env, ETCDCTL_API: '3' },
    timeoutMs: 10_000,
  });
  const heard = `${result.stdout}\n${result.stderr}`;
  switch (program) {
    case 'ssh':
    case 'sshd':
      // sshd before 9.3 refuses -V, yet prints its version with the complaint.
      return versionIn(/OpenSSH_(\S+)/.exec(heard)?.[1] ?? '');
    case 'ssh-keygen':
      return /usage/i.test(heard) ? 'unknown' : undefined;
    case 'temporal':
    case 'temporal-server':
    case 'temporal-sql-tool':
    case 'postgres':
    case 'initdb':
    case 'etcd':
    case 'etcdctl':
    case 'etcdutl':
      return result.kind === 'done' ? versionIn(heard) : undefined;
  }
}

function flagsFor(program: ProgramName): readonly string[] {
  switch (program) {
    case 'temporal':
    case 'temporal-server':
    case 'temporal-sql-tool':
    case 'postgres':
    case 'initdb':
    case 'etcd':
      return ['--version'];
    case 'etcdctl':
    case 'etcdutl':
      return ['version'];
    case 'ssh':
    case 'sshd':
      return ['-V'];
    case 'ssh-keygen':
      return ['-?'];
  }
}
