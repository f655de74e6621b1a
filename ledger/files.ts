import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HoldfastError } from '../plan/errors.ts';
import type { Digest } from '../plan/ids.ts';
import type { PinnedFile } from '../plan/plan.ts';

/** Files that plans name by digest, as they were when the plan was made. */
export type FileStore = {
  /** Throws `ledger/file-changed` where the file is not the one that the plan names, any more. */
  keep(file: PinnedFile): Promise<void>;
  /** At most `limit` bytes from `offset` on; none at its end. Throws `ledger/no-file`. */
  read(sha256: Digest, offset: number, limit: number): Promise<Uint8Array>;
  close(): Promise<void>;
};

/** Files in a folder, by their digests. Without one they are gone when it is closed. */
export function openFiles(folder: string | undefined): FileStore {
  let made: Promise<string> | undefined;
  async function make(): Promise<string> {
    if (folder === undefined) return mkdtemp(join(tmpdir(), 'holdfast-files-'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
  const place = () => {
    made ??= make();
    return made;
  };

  return {
    async keep({ sha256, path }) {
      const kept = join(await place(), sha256);
      if (await isThere(kept)) return;
      const part = `${kept}.${process.pid}.${Math.random().toString(36).slice(2)}`;
      try {
        const hash = createHash('sha256');
        await pipeline(
          createReadStream(path),
          async function* hashed(pieces: AsyncIterable<Buffer>) {
            for await (const piece of pieces) {
              hash.update(piece);
              yield piece;
            }
          },
          createWriteStream(part, { mode: 0o600, flush: true }),
        );
        if (hash.digest('hex') !== sha256) throw changed(path);
        await rename(part, kept);
      } finally {
        await rm(part, { force: true });
      }
    },
    async read(sha256, offset, limit) {
      const file = await open(join(await place(), sha256)).catch(() => {
        throw new HoldfastError(
          'ledger/no-file',
          `The file ${sha256}, which a plan names, is not in the store.`,
          'Look whether the data folder was copied without its files; then plan and run again.',
        );
      });
      try {
        const { bytesRead, buffer } = await file.read(new Uint8Array(limit), 0, limit, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async close() {
      if (folder === undefined && made !== undefined) await rm(await made, { recursive: true, force: true });
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function changed(path: string): HoldfastError {
  return new HoldfastError(
    'ledger/file-changed',
    `${path} was changed while it was planned to be copied.`,
    'Plan again.',
  );
}
