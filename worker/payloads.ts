import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Below this many bytes packing costs more than it saves. */
const WORTH_PACKING = 2048;
const PACKED = 'binary/gzip';
/** Where the encoding that was there before packing is kept. */
const INNER = 'holdfast-encoding';

/** Packs large payloads on their way to Temporal: its limits are in bytes, and a plan is text that repeats itself. */
export const gzipCodec: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(encode)),
  decode: (payloads) => Promise.all(payloads.map(decode)),
};

/** Everything that talks to Temporal has to use the same one: client, worker and replay. */
export const dataConverter: DataConverter = { payloadCodecs: [gzipCodec] };

async function encode(payload: Payload): Promise<Payload> {
  const data = payload.data;
  if (!data || data.byteLength < WORTH_PACKING) return payload;
  const packed = await pack(data);
  if (packed.byteLength >= data.byteLength) return payload;
  const metadata = { ...payload.metadata };
  const inner = metadata.encoding;
  if (inner) metadata[INNER] = inner;
  metadata.encoding = Buffer.from(PACKED);
  return { metadata, data: packed };
}

async function decode(payload: Payload): Promise<Payload> {
  const encoding = payload.metadata?.encoding;
  if (!encoding || !payload.data || Buffer.from(encoding).toString() !== PACKED) return payload;
  const { [INNER]: inner, encoding: _, ...metadata } = payload.metadata ?? {};
  return { metadata: inner ? { ...metadata, encoding: inner } : metadata, data: await unpack(payload.data) };
}
