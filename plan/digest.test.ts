import { expect, test } from 'vitest';
import { jsonDigest, textDigest } from './digest.ts';

test('the order of keys does not matter, that of lists does', () => {
  expect(jsonDigest({ a: 1, b: [1, 2] })).toBe(jsonDigest({ b: [1, 2], a: 1 }));
  expect(jsonDigest([1, 2])).not.toBe(jsonDigest([2, 1]));
});

test('a text has the SHA-256 that sha256sum prints', () => {
  expect(textDigest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('the JSON form is the canonical one of RFC 8785', () => {
  expect(jsonDigest({ b: 1, a: 'ö' })).toBe(textDigest('{"a":"ö","b":1}'));
});
