import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostName, runId, stepInstance } from '../plan/ids.ts';
import type { LogKey, LogStore } from './ledger.ts';
import { logStore } from './logs.ts';
import { type LogTables, logMigrations } from './store/log-tables.ts';
import { openStore, type Store } from './store/store.ts';

let store: Store<LogTables>;
let logs: LogStore;
beforeEach(() => {
  store = openStore(':memory:', logMigrations);
  logs = logStore(store, 1_000_000);
});
afterEach(() => store.close());

const KEY: LogKey = {
  run: runId('r'),
  step: stepInstance('join[h1]/start'),
  host: hostName('h1'),
  generation: 1,
  stream: 'out',
};
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (part: Uint8Array) => new TextDecoder().decode(part);

test('gives back what was written, from any place', async () => {
  expect(await logs.write(KEY, 0, bytes('hello '))).toBe(6);
  expect(await logs.write(KEY, 6, bytes('world'))).toBe(11);
  expect(text(await logs.read(KEY, 0, 100))).toBe('hello world');
  expect(text(await logs.read(KEY, 4, 4))).toBe('o wo');
  expect(text(await logs.read(KEY, 11, 4))).toBe('');
  expect(await logs.length(KEY)).toBe(11);
});

test('leaves what is there and adds what is new, when a second follower writes', async () => {
  await logs.write(KEY, 0, bytes('abcdef'));
  expect(await logs.write(KEY, 0, bytes('abc'))).toBe(6);
  expect(await logs.write(KEY, 3, bytes('XXXghi'))).toBe(9);
  expect(text(await logs.read(KEY, 0, 100))).toBe('abcdefghi');
});

test('refuses a gap and says how far it is', async () => {
  await logs.write(KEY, 0, bytes('abc'));
  await expect(logs.write(KEY, 5, bytes('x'))).rejects.toMatchObject({ code: 'log/gap' });
  expect(await logs.length(KEY)).toBe(3);
});

test('keeps streams, generations, hosts and steps apart, and lists them', async () => {
  await logs.write(KEY, 0, bytes('out'));
  await logs.write({ ...KEY, stream: 'err' }, 0, bytes('e'));
  await logs.write({ ...KEY, generation: 2 }, 0, bytes('2'));
  await logs.write({ ...KEY, run: runId('other') }, 0, bytes('elsewhere'));
  expect(await logs.list(KEY.run)).toEqual([
    { ...KEY, bytes: 3 },
    { ...KEY, stream: 'err', bytes: 1 },
    { ...KEY, generation: 2, bytes: 1 },
  ]);
  expect(await logs.length({ ...KEY, host: hostName('nobody') })).toBe(0);
});

test('packs what can be packed', async () => {
  await logs.write(KEY, 0, bytes('the same line again\n'.repeat(20_000)));
  const size = await store.read((db) =>
    db
      .selectFrom('chunk')
      .select((of) => of.fn.sum<number>(of.fn<number>('length', ['bytes'])).as('bytes'))
      .execute(),
  );
  expect(size[0]?.bytes).toBeLessThan(20_000);
});

describe('a stream past what is kept of one', () => {
  const small = () => logStore(store, 10);
  test('is cut there and marked, and its writer may go on without knowing', async () => {
    const few = small();
    expect(await few.write(KEY, 0, bytes('0123456'))).toBe(7);
    expect(await few.write(KEY, 7, bytes('789abc'))).toBe(13);
    expect(await few.write(KEY, 13, bytes('def'))).toBe(16);
    expect(text(await few.read(KEY, 0, 100))).toBe('0123456789');
    expect(await few.list(KEY.run)).toEqual([{ ...KEY, bytes: 10, truncated: true }]);
  });

  test('is found again by another writer at the length that is kept', async () => {
    const few = small();
    await few.write(KEY, 0, bytes('0123456789abc'));
    expect(await few.length(KEY)).toBe(10);
    expect(await few.write(KEY, 10, bytes('abc'))).toBe(13);
  });

  test('is not marked where it ends exactly there', async () => {
    const few = small();
    await few.write(KEY, 0, bytes('0123456789'));
    expect(await few.list(KEY.run)).toEqual([{ ...KEY, bytes: 10 }]);
  });
});

test('two followers that write the same output in any pieces give that output', async () => {
  const source = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919) >> 5);
  const pieces = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, pieces, fc.nat(200_000), fc.nat(200_000), async (one, two, from, limit) => {
      const key = { ...KEY, run: runId(crypto.randomUUID()) };
      await Promise.all([followed(key, source, one), followed(key, source, two)]);
      expect(await logs.length(key)).toBe(source.length);
      expect(Buffer.from(await logs.read(key, from, limit))).toEqual(
        Buffer.from(source.subarray(from, from + limit)),
      );
    }),
    { numRuns: 30 },
  );
});

async function followed(key: LogKey, source: Uint8Array, pieces: readonly number[]): Promise<void> {
  let at = 0;
  for (const piece of pieces) {
    await logs.write(key, at, source.subarray(at, at + piece));
    at = Math.min(source.length, at + piece);
  }
  await logs.write(key, at, source.subarray(at));
}
