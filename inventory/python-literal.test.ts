import { expect, test } from 'vitest';
import { pythonValue } from './python-literal.ts';
import { splitWords } from './words.ts';

test.each([
  ['5', 5],
  ['-3', -3],
  ['1.5', 1.5],
  ['3.10', '3.10'],
  ['0644', '0644'],
  ['1_000', '1_000'],
  ['12345678901234567890', '12345678901234567890'],
  ['True', true],
  ['true', 'true'],
  ['None', null],
  ['"a b"  # comment', 'a b'],
  ['a b # no comment', 'a b # no comment'],
  ["'it''s'", 'its'],
  ["'a\\n\\'b\\''", "a\n'b'"],
  ["[1, 'two', [True,], ]", [1, 'two', [true]]],
  ['{\'a\': {"b": None}, 1: (2,)}', { a: { b: null }, '1': [2] }],
  ['(1)', 1],
  ['{1, 2}', [1, 2]],
  ['{}', {}],
  ['[1, two]', '[1, two]'],
  ['[1', '[1'],
  ['1.2.3.4', '1.2.3.4'],
  ['5 6', '5 6'],
  ['', ''],
  ['['.repeat(500), '['.repeat(500)],
])('%s is what Python reads', (text, value) => {
  expect(pythonValue(text)).toEqual(value);
});

test.each([
  [`h a="b c" d='e "f"' # x`, ['h', 'a=b c', 'd=e "f"']],
  ['h a=b#c', ['h', 'a=b']],
  [String.raw`h a=b\#c d="\"\n"`, ['h', 'a=b#c', String.raw`d="\n`]],
  ['h a=""', ['h', 'a=']],
  ['h a="b', undefined],
])('%s is split as a shell would', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});
