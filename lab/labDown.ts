import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Environment } from '../toolbox/cacheFolder.ts';
import { takeLock } from '../toolbox/lock.ts';
import { endHosts } from './host.ts';
import { labFolder, readLab } from './lab.ts';
import { stopProxy } from './proxy.ts';

export type LabDownOptions = {
  readonly dir?: string;
  /** Leave the folder, with keys and logs; a host's own disk goes all the same, as it lives in memory. Default false. */
  readonly keep?: boolean;
  readonly env?: Environment;
};

/** Ends every process of the lab and removes its folder. Returns false where there was no lab. */
export async function labDown(options: LabDownOptions = {}): Promise<boolean> {
  const dir = resolve(options.dir ?? labFolder(options.env));
  if ((await readLab(dir)) === undefined) return false;
  const lock = await takeLock(`${dir}.lock`);
  try {
    const lab = await readLab(dir);
    if (lab === undefined) return false;
    await stopProxy(lab);
    await endHosts(lab.hosts);
    if (options.keep !== true) await rm(dir, { recursive: true, force: true });
    return true;
  } finally {
    await lock.release();
  }
}
