import { runCommand } from '../toolbox/command.ts';

/**
 * How far hosts are kept apart. With namespaces of the kernel (mounts, processes, hostname) each has its own disk, boot id,
 * process list and passwd file; an ordinary user gets them through a user namespace. Without, only folders and marks.
 */
export type Isolation =
  | { readonly kind: 'namespaces'; readonly as: 'root' | 'user' }
  | { readonly kind: 'folders'; readonly why: string };

const TRIAL = 'mount --make-rprivate / && mount -t proc proc /proc && mount -t tmpfs none /mnt';

/** Finds out by trying, as no file says it: containers and distributions switch namespaces off in several ways. */
export async function findIsolation(): Promise<Isolation> {
  const as = process.getuid?.() === 0 ? 'root' : 'user';
  const trial = await runCommand('unshare', [...unshareFlags(as), 'sh', '-c', TRIAL], { timeoutMs: 5_000 });
  if (trial.kind === 'done') return { kind: 'namespaces', as };
  return {
    kind: 'folders',
    why: `this machine does not let ${as === 'root' ? 'root' : 'you'} make namespaces (${trial.reason})`,
  };
}

export function unshareFlags(as: 'root' | 'user'): readonly string[] {
  const own = ['--mount', '--pid', '--uts', '--fork', '--kill-child'];
  return as === 'root' ? own : ['--user', '--map-root-user', ...own];
}

/** The start of a command line that runs its rest inside the namespaces that process `holder` keeps, as its root. */
export function enterFlags(as: 'root' | 'user', holder: number): readonly string[] {
  const own = ['--target', String(holder), '--mount', '--pid', '--uts'];
  return as === 'root' ? own : [...own, '--user', '--preserve-credentials'];
}

/** Inside, an ordinary user is root of the user namespace; this makes the rest of a command line the user again. */
export function asLoginUser(as: 'root' | 'user'): readonly string[] {
  if (as === 'root') return [];
  return ['unshare', '--user', `--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`];
}
