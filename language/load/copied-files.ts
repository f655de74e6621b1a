import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Digest, digest } from '../../plan/ids.ts';

/** A file or folder that a runbook names to be copied. */
export type FoundFiles = {
  readonly kind: 'file' | 'folder';
  /** In order of their paths within the folder. */
  readonly files: readonly FoundFile[];
  /** What is neither a file nor a folder, by its path. */
  readonly link?: string;
};

export type FoundFile = {
  readonly path: string;
  readonly executable: boolean;
  /** Reads it whole, for its digest. `place` is where it can be read again. */
  readonly read: () => { readonly sha256: Digest; readonly bytes: number; readonly place: string };
};

/** What stands at a path: a file, or all files of a folder, however deep. Links are not followed. */
export function filesAt(path: string): FoundFiles | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isFile()) return { kind: 'file', files: [fileAt(path, path, stat.mode)] };
  if (!stat.isDirectory()) return { kind: 'file', files: [], link: path };
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  const odd = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return fileAt(file, relative(path, file).split(sep).join('/'), lstatSync(file).mode);
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { kind: 'folder', files, ...(odd === undefined ? {} : { link: odd.name }) };
}

function fileAt(file: string, path: string, mode: number): FoundFile {
  return { path, executable: (mode & 0o100) !== 0, read: () => ({ ...digestOf(file), place: file }) };
}

/** Piece by piece: the file may be larger than the memory. */
function digestOf(file: string): { readonly sha256: Digest; readonly bytes: number } {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  const handle = openSync(file, 'r');
  let bytes = 0;
  try {
    for (;;) {
      const read = readSync(handle, piece);
      if (read === 0) break;
      bytes += read;
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(handle);
  }
  return { sha256: digest(hash.digest('hex')), bytes };
}
