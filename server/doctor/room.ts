import { realpath, stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { dataFiles } from '../embedded/dataDir.ts';

/** A disk that the installation writes to: what is on it, and how many bytes are left for this user. */
export type Room = { readonly folder: string; readonly holds: readonly string[]; readonly freeBytes: number };

/** With less than this nothing can be relied on to be written. */
const NONE_BYTES = 1024 * 1024;

/** The disks of a data folder: its files may be links to others. */
export async function roomFor(dataDir: string): Promise<readonly Room[]> {
  const { ledger, temporal } = dataFiles(dataDir);
  const disks = new Map<number, Room>();
  for (const path of [dataDir, ledger, `${ledger}.logs`, temporal]) {
    const place = await realpath(path).catch(() => undefined);
    if (place === undefined) continue;
    const folder = path === dataDir ? place : dirname(place);
    const { dev } = await stat(folder);
    const known = disks.get(dev);
    const holds = path === dataDir ? [] : [basename(path)];
    if (known) disks.set(dev, { ...known, holds: [...known.holds, ...holds] });
    else disks.set(dev, { folder, holds, freeBytes: await freeBytes(folder) });
  }
  return [...disks.values()];
}

/** Root may write what is kept back from everybody else. */
async function freeBytes(folder: string): Promise<number> {
  const { bavail, bfree, bsize } = await statfs(folder);
  return (process.getuid?.() === 0 ? bfree : bavail) * bsize;
}

export function isFull(room: Room): boolean {
  return room.freeBytes < NONE_BYTES;
}
