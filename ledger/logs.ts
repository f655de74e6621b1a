import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRawSync } from 'node:zlib';
import type { Kysely } from 'kysely';
import { HoldfastError } from '../plan/errors.ts';
import { hostName, runId, stepInstance } from '../plan/ids.ts';
import type { LogKey, LogStore } from './ledger.ts';
import type { LogTables, StreamRow } from './store/log-tables.ts';
import type { Store } from './store/store.ts';

const deflate = promisify(deflateRaw);

/** What is kept of one stream, unless told otherwise: 128 MiB. What comes after is dropped and the stream marked. */
export const LOG_CAP_BYTES = 128 * 1024 * 1024;
/** A chunk covers at most this much, so that reading from the middle unpacks little. */
const CHUNK_BYTES = 64 * 1024;
/** Smaller chunks are not worth packing. */
const PACK_FROM_BYTES = 256;

type Chunk = Omit<LogTables['chunk'], 'stream'>;

/**
 * The log store on a SQLite file of its own, beside the ledger's, so that output never stands in the way of an entry.
 * What `write` has answered is on disk. Up to `cap` bytes of a stream are kept; `length`, `read` and `list` are about
 * those, while `write` takes and drops what follows, so that a follower needs to know nothing about it.
 */
export function logStore(store: Store<LogTables>, cap: number): LogStore {
  return {
    async write(key, offset, bytes) {
      for (;;) {
        const kept = (await store.read((db) => streamOf(db, key)))?.kept ?? 0;
        if (offset > kept && kept < cap) throw gap(key, offset, kept);
        const end = offset + bytes.length;
        if (end <= kept && end <= cap) return kept;
        const fresh = bytes.subarray(Math.max(0, kept - offset), Math.max(0, cap - offset));
        const chunks = await pack(fresh, kept);
        const truncated = end > cap;
        const done = await store.write((tx) => extend(tx, key, kept, chunks, truncated));
        if (done) return Math.max(kept, end);
        // Another follower of the same stream was faster: look again at what is left to write.
      }
    },
    async length(key) {
      return (await store.read((db) => streamOf(db, key)))?.kept ?? 0;
    },
    read: (key, offset, limit) => store.read((db) => readBytes(db, key, offset, limit)),
    async list(run) {
      const rows = await store.read((db) =>
        db.selectFrom('stream').selectAll().where('run', '=', run).orderBy('id').execute(),
      );
      return rows.map((row) => ({
        run: runId(row.run),
        step: stepInstance(row.step),
        host: hostName(row.host),
        generation: row.generation,
        stream: row.name,
        bytes: row.kept,
        ...(row.truncated === 1 ? { truncated: true as const } : {}),
      }));
    },
  };
}

/** Adds chunks at `kept`; false, and nothing done, where the stream has grown since it was looked at. */
async function extend(
  tx: Kysely<LogTables>,
  key: LogKey,
  kept: number,
  chunks: readonly Chunk[],
  truncated: boolean,
): Promise<boolean> {
  const stream = (await streamOf(tx, key)) ?? (await newStream(tx, key));
  if (stream.kept !== kept) return false;
  if (truncated && stream.truncated === 1 && chunks.length === 0) return true;
  for (const chunk of chunks)
    await tx
      .insertInto('chunk')
      .values({ stream: stream.id, ...chunk })
      .execute();
  const last = chunks.at(-1);
  await tx
    .updateTable('stream')
    .set({ kept: last ? last.start + last.length : kept, truncated: truncated ? 1 : stream.truncated })
    .where('id', '=', stream.id)
    .execute();
  return true;
}

async function readBytes(
  db: Kysely<LogTables>,
  key: LogKey,
  offset: number,
  limit: number,
): Promise<Uint8Array> {
  const stream = await streamOf(db, key);
  const end = Math.min(offset + limit, stream?.kept ?? 0);
  if (!stream || offset >= end) return new Uint8Array(0);
  const rows = await db
    .selectFrom('chunk')
    .selectAll()
    .where('stream', '=', stream.id)
    .where('start', '<', end)
    .where('start', '>', offset - CHUNK_BYTES)
    .orderBy('start')
    .execute();
  const result = new Uint8Array(end - offset);
  for (const row of rows) {
    const bytes = row.packing === 'none' ? row.bytes : inflateRawSync(row.bytes);
    const from = Math.max(offset, row.start);
    const part = bytes.subarray(from - row.start, Math.max(0, end - row.start));
    if (part.length > 0) result.set(part, from - offset);
  }
  return result;
}

async function pack(bytes: Uint8Array, start: number): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = [];
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    const part = bytes.subarray(from, from + CHUNK_BYTES);
    const place = { start: start + from, length: part.length };
    const packed =
      part.length < PACK_FROM_BYTES ? part : await deflate(part, { level: constants.Z_BEST_SPEED });
    chunks.push(
      packed.length < part.length
        ? { ...place, packing: 'deflate', bytes: packed }
        : { ...place, packing: 'none', bytes: part },
    );
  }
  return chunks;
}

async function streamOf(db: Kysely<LogTables>, key: LogKey): Promise<StreamRow | undefined> {
  return db
    .selectFrom('stream')
    .selectAll()
    .where('run', '=', key.run)
    .where('step', '=', key.step)
    .where('host', '=', key.host)
    .where('generation', '=', key.generation)
    .where('name', '=', key.stream)
    .executeTakeFirst();
}

async function newStream(tx: Kysely<LogTables>, key: LogKey): Promise<StreamRow> {
  const { run, step, host, generation, stream } = key;
  return tx
    .insertInto('stream')
    .values({ run, step, host, generation, name: stream, kept: 0, truncated: 0 })
    .returningAll()
    .executeTakeFirstOrThrow();
}

function gap(key: LogKey, offset: number, kept: number): HoldfastError {
  return new HoldfastError(
    'log/gap',
    `Output of ${key.step} on ${key.host} is kept up to byte ${kept}; a write at ${offset} would leave a gap.`,
    'Read the stream again from where the store is, which `length` says.',
  );
}
