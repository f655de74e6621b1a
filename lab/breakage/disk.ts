import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../plan/errors.ts';
import { hostProcesses, reach } from '../host.ts';
import { homeOf, type Lab, type LabHost } from '../lab.ts';

/** The file that fills a host's disk, in its home, where a person looking for the culprit finds it. */
const FILLER = 'somebodys-core-dump';

/** Fills the host's disk to the last block. Only a disk of the host's own, never one that this machine needs. */
export async function fullDisk(lab: Lab, host: LabHost): Promise<string> {
  if (lab.disk === undefined) {
    const why = lab.isolation.kind === 'folders' ? lab.isolation.why : 'the lab was started with --disk none';
    throw new HoldfastError(
      'lab_no_disk',
      `${host.name} has no disk of its own to fill: ${why}.`,
      'Start the lab with a disk where namespaces are allowed: holdfast lab up --disk 256M',
    );
  }
  const bytes = await fill(await reach(host, join(homeOf(host), FILLER)));
  return `the disk of ${host.name} (${lab.disk}) is full: ~/${FILLER} takes ${Math.round(bytes / 1e6)} MB`;
}

/** Takes every byte that is left where `path` is; answers how many. */
export async function fill(path: string): Promise<number> {
  const file = await open(path, 'a');
  let written = 0;
  try {
    // Ever smaller pieces, so that not even a small file fits afterwards.
    for (let size = 1 << 20; size >= 1; size >>= 2) {
      const piece = Buffer.alloc(size);
      for (;;) {
        const got = await file.write(piece).catch(noSpace);
        if (got === undefined) break;
        written += got.bytesWritten;
      }
    }
    return written;
  } finally {
    await file.close();
  }
}

function noSpace(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOSPC') return undefined;
  throw error;
}

export async function freeDisk(host: LabHost): Promise<string> {
  await rm(await reach(host, join(homeOf(host), FILLER)), { force: true });
  return `the disk of ${host.name} has room again`;
}

/** Empties the data and WAL folders of etcd; its programs, start files and logs stay. */
export async function loseData(host: LabHost): Promise<string> {
  const running = (await hostProcesses(host)).some(({ name }) => name === 'etcd');
  if (running) {
    throw new HoldfastError(
      'lab_etcd_running',
      `etcd still runs on ${host.name}, and would write its files again.`,
      `Kill it first: holdfast lab break kill ${host.name} etcd`,
    );
  }
  for (const folder of ['data', 'wal']) {
    const path = await reach(host, join(homeOf(host), 'apps', 'etcd', folder));
    for (const name of await readdir(path).catch(() => [])) {
      await rm(join(path, name), { recursive: true, force: true });
    }
  }
  return `etcd's data and WAL on ${host.name} are lost`;
}
