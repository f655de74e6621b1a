import { expect, test } from 'vitest';
import { CARD_CHARACTERS, fitting } from './card.ts';

const x = (count: number): string => 'x'.repeat(count);

test('a card that fits to the last character stays as it is', () => {
  const card = { look: { h1: { text: x(CARD_CHARACTERS - 4) }, h2: { text: 'none', size: 5 } } };
  expect(fitting(card, 'there')).toEqual(card);
});

test('of one with a character more the longest text is cut, and says how much is missing and where it is', () => {
  const card = { look: { h1: { text: x(CARD_CHARACTERS - 3) }, h2: { text: 'none' } } };
  expect(fitting(card, 'holdfast show r1')).toEqual({
    look: {
      h1: { text: `${x(CARD_CHARACTERS - 4)}… (1 more characters: holdfast show r1)` },
      h2: { text: 'none' },
    },
  });
});

test('many long texts share what there is, and short ones keep theirs', () => {
  expect(fitting([x(10), 'ab', x(30), [x(5)]], 'there', 20)).toEqual([
    'xxxxxx… (4 more characters: there)',
    'ab',
    'xxxxxx… (24 more characters: there)',
    [x(5)],
  ]);
});

test('a character is not cut in half', () => {
  expect(fitting('ab😀cd', 'there', 3)).toBe('ab… (3 more characters: there)');
});
