import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fill } from '../../lab/breakage/disk.ts';
import type { DataFolder } from './house.ts';
import { gather } from './processes.ts';

/** A part of a data folder, on a small disk of its own. */
export type DiskName = 'folder' | 'store' | 'engine';

/** A data folder on a small disk, with the files of the store and of Temporal on two more: each can be filled by itself. */
export type SmallDisks = AsyncDisposable & {
  readonly data: DataFolder;
  readonly fill: (disk: DiskName) => Promise<void>;
  readonly free: (disk: DiskName) => Promise<void>;
};

const MOUNT = `
mount --make-rprivate /
mount -t tmpfs -o "size=$FOLDER,mode=700" holdfast-test "$AT"
mkdir "$AT/store" "$AT/engine"
mount -t tmpfs -o "size=$STORE,mode=700" holdfast-test "$AT/store"
mount -t tmpfs -o "size=$ENGINE,mode=700" holdfast-test "$AT/engine"
echo mounted
read -r _
`;

/** Mounts need root, or a user namespace. Undefined where this machine gives neither. */
export async function openSmallDisks(
  at: string,
  sizes: Readonly<Record<DiskName, string>>,
): Promise<SmallDisks | undefined> {
  const asRoot = process.getuid?.() === 0;
  const namespaces = [...(asRoot ? [] : ['--user', '--map-root-user']), '--mount'];
  await mkdir(at, { recursive: true });
  // What it waits for is the end of this process: then the disks go too.
  const holder = spawn('unshare', [...namespaces, 'sh', '-eu', '-c', MOUNT], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, AT: at, FOLDER: sizes.folder, STORE: sizes.store, ENGINE: sizes.engine },
  });
  const complaint = gather(holder.stderr);
  const ended = once(holder, 'close');
  const said = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!said) {
    process.stderr.write(`no small disks here: ${complaint().trim()}\n`);
    return undefined;
  }
  const folder = `/proc/${holder.pid}/root${at}`;
  const disks = { folder, store: join(folder, 'store'), engine: join(folder, 'engine') };
  // SQLite writes its other files beside what the link leads to.
  await symlink('store/ledger.db', join(folder, 'ledger.db'));
  await symlink('engine/temporal.db', join(folder, 'temporal.db'));
  const ballast = (disk: DiskName) => join(disks[disk], 'ballast');
  const user = asRoot ? [] : ['--user', '--preserve-credentials'];
  return {
    data: { folder, inside: at, through: ['nsenter', '--target', String(holder.pid), ...user, '--mount'] },
    async fill(disk) {
      await fill(ballast(disk));
    },
    free: (disk) => rm(ballast(disk), { force: true }),
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}
