import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { gzipCodec } from './payloads.ts';

function payloadOf(value: unknown) {
  return defaultPayloadConverter.toPayload(value);
}

test('a large payload travels packed and arrives as it was', async () => {
  const value = { hosts: Array.from({ length: 500 }, (_, i) => ({ name: `etcd${i}`, port: 22 })) };
  const original = payloadOf(value);
  const [packed] = await gzipCodec.encode([original]);
  expect(packed?.data?.byteLength).toBeLessThan((original.data?.byteLength ?? 0) / 4);
  const [back] = await gzipCodec.decode(packed ? [packed] : []);
  expect(back && defaultPayloadConverter.fromPayload(back)).toEqual(value);
});

test('a small payload is left as it is', async () => {
  const original = payloadOf('short');
  expect(await gzipCodec.encode([original])).toEqual([original]);
  expect(await gzipCodec.decode([original])).toEqual([original]);
});
