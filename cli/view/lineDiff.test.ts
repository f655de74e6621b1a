import { expect, test } from 'vitest';
import { lineDiff } from './lineDiff.ts';

const shown = (before: string, after: string) =>
  lineDiff(before, after).map(({ sign, line }) => `${sign}${line}`);

test('lines that were taken out and put in, with a little around them', () => {
  const before = 'a\nb\nc\nd\ne\nf\n';
  expect(shown(before, before.replace('e', 'E'))).toEqual([' c', ' d', '-e', '+E', ' f']);
});

test('what lies far between two changes is left out', () => {
  const before = ['x', '1', '2', '3', '4', '5', '6', 'y'].join('\n');
  const after = before.replace('x', 'X').replace('y', 'Y');
  expect(shown(before, after)).toEqual(['-x', '+X', ' 1', ' 2', '…', ' 5', ' 6', '-y', '+Y']);
});

test('a text that is new, and none at all', () => {
  expect(shown('', 'a\nb\n')).toEqual(['+a', '+b']);
  expect(shown('a', 'a')).toEqual([]);
});
