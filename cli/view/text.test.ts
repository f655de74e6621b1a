import { expect, test } from 'vitest';
import { coloured } from '../io.ts';
import { bytes, duration, names, sentence, shorten, shownValue, table } from './text.ts';

test.each([
  [7, '7 ms'],
  [4250, '4.2 s'],
  [59_999, '59.9 s'],
  [185_000, '3 min 05 s'],
  [7_800_000, '2 h 10 min'],
  [442_800_000, '5 d 3 h'],
])('%i ms is said as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('hosts, versions and secrets are shown by name', () => {
  expect(shownValue([{ $host: 'h1' }, { $host: 'h2' }])).toBe('h1, h2');
  expect(shownValue({ $version: '3.4.23' })).toBe('3.4.23');
  expect(shownValue({ $secret: 'vault/x' })).toBe('(secret vault/x)');
});

test('a row’s columns stand under each other, colours or not', () => {
  expect(
    table([
      ['a', 'x'],
      ['\u001B[31mbbb\u001B[39m', 'y'],
    ]),
  ).toBe('a    x\n\u001B[31mbbb\u001B[39m  y');
});

test('what is too long is cut, with a sign, to one line', () => {
  expect(shorten('one\ntwo three', 8)).toBe('one two…');
});

test('names that do not fit are counted', () => {
  const hosts = Array.from({ length: 1000 }, (_, i) => `host${i}`);
  expect(names(hosts, 30)).toBe('host0 host1 … 1000 in all');
});

test('sizes are in units of 1024', () => {
  expect([bytes(12), bytes(1536), bytes(1024 ** 3)]).toEqual(['12 B', '1.5 KiB', '1.0 GiB']);
});

test('NO_COLOR and a pipe mean no colour, FORCE_COLOR means colour', () => {
  expect(coloured(true, {})).toBe(true);
  expect(coloured(false, {})).toBe(false);
  expect(coloured(true, { NO_COLOR: '1' })).toBe(false);
  expect(coloured(false, { FORCE_COLOR: '1' })).toBe(true);
});

test('a sentence ends with one mark', () => {
  expect(['two lost', 'two lost.', 'did you mean it? '].map(sentence)).toEqual([
    'two lost.',
    'two lost.',
    'did you mean it?',
  ]);
});
