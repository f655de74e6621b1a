import { describe, expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { conform, convert } from './conversion.ts';
import { parseType, typeText } from './type-text.ts';
import type { Value } from './values.ts';

function read(type: Json, raw: Json): Value | string {
  const parsed = parseType(type);
  if (!parsed.ok) throw new Error(parsed.message);
  const converted = convert(parsed.type, raw);
  return converted.ok ? converted.value : `refused: ${converted.message}`;
}

describe('a value that arrives as text is read as its type', () => {
  test.each<[string, string, Value]>([
    ['int', '18446744073709551615', 18446744073709551615n],
    ['int', ' 7 ', 7n],
    ['number', '1.50', 1.5],
    ['bool', 'true', true],
    ['string', '007', '007'],
    ['duration', '1h30m', 5_400_000n],
    ['duration', '250ms', 250n],
    ['duration', '1d', 86_400_000n],
    ['size', '128M', 134_217_728n],
    ['size', '1GiB', 1_073_741_824n],
    ['size', '1.5KB', 1500n],
    ['url', 'http://127.0.0.1:2379/v2', 'http://127.0.0.1:2379/v2'],
    ['list<int>', '[18446744073709551615, 2]', [18446744073709551615n, 2n]],
    ['{ id: int, name: string }', '{"id": 1, "name": "a", "more": true}', { id: 1n, name: 'a' }],
    ['choice(grow, snapshot)', 'grow', 'grow'],
  ])('%s from %s', (type, raw, expected) => expect(read(type, raw)).toEqual(expected));
});

describe('a value that does not fit is refused with a sentence', () => {
  test.each([
    ['int', 'abc', '"abc" is not an int.'],
    ['int', '1.5', '"1.5" is not an int.'],
    ['bool', 'yes', '"yes" is not a bool: true or false.'],
    ['duration', '30', '"30" is not a duration, such as 30s or 1h30m.'],
    ['choice(grow, snapshot)', 'shrink', '"shrink" is not one of grow, snapshot.'],
    ['url', 'localhost', '"localhost" is not a url, such as https://host:2379/path.'],
    ['list<{ id: int }>', '[{"id": 1}, {"id": "x"}]', '[1].id: "x" is not an int.'],
    ['list<{ id: int }>', '[{}]', '[0]: the field id is missing in a map.'],
    ['string', null, 'null is not a string.'],
  ])('%s from %s', (type, raw, message) => expect(read(type, raw)).toBe(`refused: ${message}`));
});

test('hosts come as names and are looked up', () => {
  const found = convert({ kind: 'hosts' }, 'etcd00, etcd01');
  expect(found.ok && Array.isArray(found.value) && found.value.map((host) => host.name)).toEqual([
    'etcd00',
    'etcd01',
  ]);
  expect(convert({ kind: 'host' }, 'nobody', () => undefined)).toEqual({
    ok: false,
    message: '"nobody" is not a host: there is no host nobody.',
  });
  expect(convert({ kind: 'hosts' }, 'none')).toEqual({ ok: true, value: [] });
});

test('an integral double that an expression gave is an int where an int is wanted', () => {
  expect(conform({ kind: 'int' }, 2)).toEqual({ ok: true, value: 2n });
});

describe('types', () => {
  test.each([
    'int',
    'any',
    'list<string>',
    'list<{ name: string, id: string }>',
    '{ members: list<{ urls: list<url> }>, n: int }',
    'choice(grow, snapshot)',
    '{}',
  ])('%s is written as it is read', (text) => {
    const parsed = parseType(text);
    expect(parsed.ok && typeText(parsed.type)).toBe(text);
  });

  test('objects may be YAML maps', () => {
    const parsed = parseType({ name: 'string', peers: 'list<string>' });
    expect(parsed.ok && typeText(parsed.type)).toBe('{ name: string, peers: list<string> }');
  });

  test.each([
    ['sting', 'There is no type sting.', 'Did you mean string?'],
    ['integer', 'There is no type integer.', 'It is called int here.'],
    ['list<int', 'list<int is no type: > is missing.', 'Close it with >.'],
    ['int int', 'int int is no type: int is too much.', expect.stringContaining('Types are')],
    [{ a: 'strin' }, 'a: There is no type strin.', 'Did you mean string?'],
    [3, 'A type is a text such as int, not 3.', expect.stringContaining('Types are')],
  ])('%s is refused', (written, message, mend) =>
    expect(parseType(written)).toEqual({ ok: false, message, mend }),
  );
});
