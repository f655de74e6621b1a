import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { explain, type Refusal, shown } from './failures.ts';

export type ReadBody =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly refusal: Refusal };

/** The whole body, unpacked where a server packs it unasked; too much of it is a failure that says so. */
export async function readBody(message: IncomingMessage, maxBytes: number, url: URL): Promise<ReadBody> {
  const tooLarge: ReadBody = {
    ok: false,
    refusal: {
      transient: false,
      says: `${shown(url)}: the answer is larger than ${maxBytes} bytes. Ask for less of it (a page, a filter).`,
    },
  };
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > maxBytes) return tooLarge;
      pieces.push(piece);
    }
  } catch (error) {
    return { ok: false, refusal: explain(url, error as Error) };
  }
  const bytes = Buffer.concat(pieces);
  const unpack = unpackers.get(message.headers['content-encoding']?.toLowerCase() ?? '');
  if (unpack === undefined || length === 0) return { ok: true, bytes };
  try {
    return { ok: true, bytes: await unpack(bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge;
    return {
      ok: false,
      refusal: { transient: false, says: `${shown(url)}: its packed answer cannot be unpacked.` },
    };
  }
}

const unpackers: ReadonlyMap<string, (bytes: Buffer, limit: { maxOutputLength: number }) => Promise<Buffer>> =
  new Map([
    ['gzip', promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)],
    ['deflate', promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)],
    ['br', promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress)],
  ]);
