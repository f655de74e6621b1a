import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aStep } from './entries.fixture.ts';
import { canonicalJson, entryText, leafHash } from './leaf.ts';

test('an entry put together from parts is its RFC 8785 form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), fc.nat(), (title, at, seq) => {
      const entry = { ...aStep(title, { title }), at, seq };
      const parts = { actor: canonicalJson(entry.actor), data: canonicalJson(entry.data) };
      expect(entryText(entry, parts)).toBe(canonicalize(entry));
    }),
  );
});

test('a leaf is SHA-256 over a zero byte and the text', () => {
  const expected = createHash('sha256').update('\0{}').digest('hex');
  expect(Buffer.from(leafHash('{}')).toString('hex')).toBe(expected);
});
