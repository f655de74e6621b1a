import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { constants, gunzipSync, inflateRawSync } from 'node:zlib';

/** Every file's bytes in a house that is down, and what is packed in them. */
export async function everythingIn(dataDir: string): Promise<readonly Buffer[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const all = await Promise.all(files.map(bytesOf));
  return [...all, ...all.flatMap(gzippedIn), ...chunksIn(join(dataDir, 'ledger.db.logs'))];
}

/** SQLite's journals come and go while the house runs: one that went has nothing left to read. */
async function bytesOf(file: string): Promise<Buffer> {
  return await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
}

/** Temporal's payloads are packed with gzip. */
function gzippedIn(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  const magic = Buffer.from([0x1f, 0x8b, 0x08]);
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    try {
      found.push(gunzipSync(bytes.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH }));
    } catch {
      // The same three bytes by chance, or cut by a page of the database.
    }
  }
  return found;
}

/**
 * Pieces of output, packed where they are large.
 *
 * A worker outlives a killed server for a moment, and whoever closes the store last holds it alone meanwhile.
 */
function chunksIn(path: string): readonly Buffer[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 30_000 });
  try {
    const rows = database.prepare('SELECT packing, bytes FROM chunk').all();
    return rows.map(({ packing, bytes }) => {
      const packed = bytes instanceof Uint8Array ? bytes : new Uint8Array();
      return packing === 'none' ? Buffer.from(packed) : inflateRawSync(packed);
    });
  } finally {
    database.close();
  }
}
