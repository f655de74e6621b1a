import { gzipCodec } from '../../worker/payloads.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What to put for each name of the machine that it was recorded on. */
export type Names = readonly (readonly [from: string, to: string])[];

/**
 * The history (as protobuf's JSON has it) with other names throughout, in payloads too: those are unpacked, changed, and packed
 * by the same codec. Nothing that replay compares depends on them.
 */
export async function scrubbed(json: Json, names: Names): Promise<Json> {
  if (typeof json === 'string') return renamed(json, names);
  if (typeof json !== 'object' || json === null) return json;
  if (isList(json)) return Promise.all(json.map((item) => scrubbed(item, names)));
  const payload = payloadIn(json);
  if (payload !== undefined) return repacked(payload, names);
  const entries = Object.entries(json).map(
    async ([key, value]) => [key, await scrubbed(value, names)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function renamed(text: string, names: Names): string {
  return names.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

type PayloadJson = { readonly metadata: { readonly [name: string]: string }; readonly data: string };

function payloadIn(json: { readonly [key: string]: Json }): PayloadJson | undefined {
  const { metadata, data } = json;
  const isOne =
    typeof data === 'string' && typeof metadata === 'object' && metadata !== null && 'encoding' in metadata;
  return isOne ? (json as PayloadJson) : undefined;
}

async function repacked({ metadata, data }: PayloadJson, names: Names): Promise<Json> {
  const bytes = Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  );
  const [plain] = await gzipCodec.decode([{ metadata: bytes, data: Buffer.from(data, 'base64') }]);
  const text = renamed(Buffer.from(plain?.data ?? []).toString(), names);
  const [packed] = await gzipCodec.encode([{ ...plain, data: Buffer.from(text) }]);
  const kept = Object.entries(packed?.metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(kept), data: base64(packed?.data ?? new Uint8Array()) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
