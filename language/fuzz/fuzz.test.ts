import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkDocument } from './check-document.ts';
import { checkExpression } from './check-expression.ts';
import { corpus } from './corpus.ts';
import { generated } from './generate.ts';
import { mutated, PIECES } from './mutate.ts';
import { Random } from './random.ts';

const texts = corpus();
const seeds = fc.nat().map((seed) => new Random(seed));

it('a text that every kind of step is in compiles, so that its mutations come far', () => {
  expect(checkDocument(texts[0] ?? '')).toMatchObject({ compiles: true });
});

it('nothing crashes on a mutated runbook; every complaint has a place in a file and a mend', () => {
  fc.assert(
    fc.property(seeds, (random) => {
      checkDocument(mutated(random, random.one(texts), texts));
    }),
    { numRuns: 200 },
  );
}, 60_000);

it('nor on one that is made of the language’s own schema', () => {
  fc.assert(
    fc.property(seeds, (random) => {
      checkDocument(generated(random));
    }),
    { numRuns: 100 },
  );
}, 60_000);

it('nor on text that is no runbook at all', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((all) => all.join('')),
      ),
      (text) => {
        checkDocument(text);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

it('an expression takes neither long nor much memory, whatever it is', () => {
  fc.assert(
    fc.property(seeds, (random) => {
      checkExpression(random);
    }),
    { numRuns: 150 },
  );
}, 60_000);

it('keeps to its feet on nesting, length and repetition', () => {
  for (const text of [
    '['.repeat(5_000),
    `a: ${'{b: '.repeat(3_000)}`,
    `holdfast: 1\nname: main\nsteps:\n${Array.from({ length: 150 }, (_, i) => `${'  '.repeat(i)}- steps:\n`).join('')}`,
    `${'- '.repeat(10_000)}x`,
    Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
    `holdfast: 1\nname: main\nsteps:\n  - { id: a, set: { x: "${'('.repeat(4_000)}" } }\n`,
    `holdfast: 1\nname: main\nsteps:\n  - { id: a, set: { x: "${'x.'.repeat(100_000)}y" } }\n`,
  ])
    expect(checkDocument(text)).toMatchObject({ compiles: false });
}, 60_000);
