import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostName } from '../ids.ts';
import { decode, encode } from './encoding.ts';
import { parseExactJson, writeExactJson } from './exact-json.ts';
import { HostValue, hostValue, SecretRef, type Value, View } from './values.ts';
import { parseVersion } from './version.ts';

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.string(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const key = fc.oneof(fc.string(), fc.constantFrom('$int', '$$', '$double', '__proto__', 'kind'));

function tree(leaf: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).value;
}

test('what is encoded, written as JSON and decoded is the same value', () => {
  fc.assert(
    fc.property(tree(scalar), (value) => {
      expect(decode(JSON.parse(JSON.stringify(encode(value))))).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

test('JSON text keeps every integer exact', () => {
  const json = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.string(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  );
  fc.assert(
    fc.property(tree(json), (value) => {
      expect(parseExactJson(writeExactJson(value) ?? '')).toEqual(value);
    }),
  );
});

test('each kind has the written form that is promised', () => {
  expect(encode(3n)).toBe(3);
  expect(encode(2n ** 53n)).toEqual({ $int: '9007199254740992' });
  expect(encode(1.5)).toBe(1.5);
  expect(encode(2)).toEqual({ $double: 2 });
  expect(encode(new SecretRef('TOKEN'))).toEqual({ $secret: 'TOKEN' });
  expect(encode(parseVersion('3.5.16') ?? null)).toEqual({ $version: '3.5.16' });
  expect(encode({ $a: 1n })).toEqual({ $$a: 1 });
});

test('a host is encoded by its name, or in full where no host table is at hand', () => {
  const host = hostValue(hostName('etcd00'), { peer: 'http://127.0.0.1:2380' });
  expect(encode(host)).toEqual({ $host: 'etcd00' });
  const copy = decode(encode(host, 'in full'));
  expect(copy).toBeInstanceOf(HostValue);
  expect(copy instanceof HostValue && [copy.name, copy.field('peer')]).toEqual([
    'etcd00',
    'http://127.0.0.1:2380',
  ]);
  expect(decode({ $host: 'etcd00' }, () => host)).toBe(host);
});

test('a step itself is no value, and an unknown tag is no encoded value', () => {
  const view = new View(
    'step look',
    () => undefined,
    () => ['rows'],
  );
  expect(() => encode(view)).toThrow('step look is not a value by itself');
  expect(() => decode({ $foo: 1 })).toThrow('"$foo"');
});
