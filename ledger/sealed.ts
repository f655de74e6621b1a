import { mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../plan/errors.ts';
import { runId } from '../plan/ids.ts';
import type { SealedStore } from './ledger.ts';

/**
 * Sealed values in a folder: a folder for each run, in it a file for each value, under its handle `RUN/NAME`. Without one they are
 * gone when it is closed.
 */
export function openSealed(folder: string | undefined): SealedStore & { close(): Promise<void> } {
  let made: Promise<string> | undefined;
  async function make(): Promise<string> {
    if (folder === undefined) return mkdtemp(join(tmpdir(), 'holdfast-sealed-'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
  function place(): Promise<string> {
    made ??= make();
    made.catch(() => {
      made = undefined;
    });
    return made;
  }
  async function pathOf(handle: string): Promise<string> {
    return join(await place(), ...partsOf(handle));
  }

  return {
    async keep(handle, bytes) {
      const path = await pathOf(handle);
      const part = `${path}.part`;
      const own = dirname(path);
      try {
        await mkdir(own, { recursive: true, mode: 0o700 });
        const file = await open(part, 'w', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, path);
        // A name is on the disk when its folder is.
        for (const changed of [own, dirname(own)]) await sync(changed);
      } catch (error) {
        await rm(part, { force: true }).catch(() => {});
        throw isFull(error) ? noSpace(path, error) : error;
      }
    },
    async read(handle) {
      return await present(readFile(await pathOf(handle)));
    },
    async list(run) {
      const names = await present(readdir(join(await place(), partOf(run))));
      return (names ?? []).filter((name) => PART.test(name)).map((name) => `${run}/${name}`);
    },
    async runs() {
      return ((await present(readdir(await place()))) ?? []).map(runId);
    },
    async erase(run) {
      await rm(join(await place(), partOf(run)), { recursive: true, force: true });
    },
    async close() {
      if (folder === undefined && made !== undefined) await rm(await made, { recursive: true, force: true });
    },
  };
}

/** No dots: neither a way out of the folder nor a file that is still being written. */
const PART = /^[A-Za-z0-9_-]{1,100}$/;

function partsOf(handle: string): readonly string[] {
  const parts = handle.split('/');
  if (parts.length !== 2) throw noHandle();
  return parts.map(partOf);
}

function partOf(text: string): string {
  if (PART.test(text)) return text;
  throw noHandle();
}

async function sync(folder: string): Promise<void> {
  const opened = await open(folder);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

async function present<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function noHandle(): HoldfastError {
  return new HoldfastError(
    'ledger/no-handle',
    'This is no handle of a sealed value.',
    'Look whether the ledger was changed by hand; holdfast doctor checks it.',
  );
}

function noSpace(path: string, cause: unknown): HoldfastError {
  return new HoldfastError(
    'ledger/no-space',
    `No space is left for ${path}: nothing of this write was kept.`,
    'Free space on that disk; the next write works by itself.',
    { cause },
  );
}
