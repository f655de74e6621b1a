import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkExpression } from './check.ts';
import { DYN, STRING } from './check-types.ts';
import { evaluate } from './evaluate.ts';
import { FUNCTION_ARITY, MACRO_BODIES } from './names.ts';
import { parseExpression } from './parse.ts';
import type { Value, ValueMap } from './values.ts';

const list: Value = Array.from({ length: 300 }, (_, i) => BigInt(i));

describe('an expression that would take long or grow large fails', () => {
  test.each([
    ['loops in loops', 'l.map(a, l.map(b, l.map(c, a + b + c)))'],
    ['a failure that || would swallow', 'l.all(a, l.all(b, l.all(c, true))) || true'],
    ['a text that grows', 'l.map(a, l.map(b, l.map(c, s + s)))'],
    ['a text replaced into itself', 's.replace("x", s).replace("x", s)'],
    ['a long text written many times', 'to_json(l.map(a, l.map(b, s)))'],
  ])('%s', (_, source) => {
    const result = evaluate(source, (name) => (name === 'l' ? list : 'x'.repeat(2_000)));
    expect(result).toMatchObject({
      ok: false,
      message: expect.stringMatching(/takes too long|makes a text/),
    });
  });
});

describe('a regular expression', () => {
  test.each([
    ['(a+)+$', true],
    ['^b', false],
    ['\\\\d', false],
  ])('%s takes time in proportion to the text', (pattern, found) => {
    const result = evaluate(`matches(s, "${pattern}")`, () => 'a'.repeat(1_000));
    expect(result).toEqual({ ok: true, value: found });
  });

  test('is charged for its size times that of the text', () => {
    const result = evaluate('matches(s, "(?:(?:[01]{0,30}){0,30}1)*$")', () => '01'.repeat(5_000));
    expect(result).toMatchObject({ ok: false, message: 'This expression takes too long.' });
  });

  test.each(['(?=a)', '(', 'a'.repeat(2_000)])('%s is none', (pattern) => {
    const result = evaluate(`matches("a", "${pattern}")`, () => undefined);
    expect(result).toMatchObject({ ok: false, message: 'This is no regular expression (RE2).' });
  });
});

describe('an expression that is too large is refused when it is read', () => {
  test.each([
    ['long', `"${'x'.repeat(40_000)}"`],
    ['deep', `${'('.repeat(500)}1${')'.repeat(500)}`],
    ['many signs', `${'-'.repeat(30_000)}1`],
    ['five macros inside one another', 'l.map(a, l.map(b, l.map(c, l.map(d, l.map(e, 1)))))'],
  ])('%s', (_, source) => expect(parseExpression(source).ok).toBe(false));
});

const leaf = fc.oneof(
  fc.constantFrom('l', 's', 'm', 'x', 'y', 'null', 'true', '""', '"a"', '[]', '{}', 'missing'),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
/** `lazy` ones have parts that may never be evaluated. */
function expressions(lazy: boolean): fc.Arbitrary<string> {
  const lazyForms = (e: fc.Arbitrary<string>) => [
    fc.tuple(e, fc.constantFrom('&&', '||'), e).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc
      .tuple(e, fc.constantFrom(...MACRO_BODIES.keys()), e)
      .map(([a, macro, b]) => `(${a}).${macro}(x, ${b})`),
    fc.tuple(e, e, e).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ];
  return fc.letrec<{ e: string }>((tie) => ({
    e: fc.oneof(
      { depthSize: 'medium' },
      leaf,
      fc
        .tuple(tie('e'), fc.constantFrom('+', '-', '*', '/', '%', '==', '<', 'in'), tie('e'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc
        .tuple(fc.constantFrom(...FUNCTION_ARITY.keys()), fc.array(tie('e'), { minLength: 1, maxLength: 3 }))
        .map(([f, args]) => `${f}(${args.join(', ')})`),
      fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a})[${b}]`),
      tie('e').map((a) => `{"a": ${a}}.a`),
      tie('e').map((a) => `[${a}]`),
      ...(lazy ? lazyForms(tie('e')) : []),
    ),
  })).e;
}

const names: ValueMap = { l: [1n, 2.5, 'a', null], s: 'abc', m: { a: [1n] } };
const scope = (name: string): Value | undefined => names[name];

test('random expressions end, with a value or a failure, and always the same', () => {
  fc.assert(
    fc.property(expressions(true), (text) => {
      const result = evaluate(text, scope, { cost: 20_000 });
      expect(result.ok || result.message.length > 5).toBe(true);
      expect(evaluate(text, scope, { cost: 20_000 })).toEqual(result);
    }),
    { numRuns: 600 },
  );
});

test('the checker raises no false alarm: what evaluates is at most called always true or false', () => {
  fc.assert(
    fc.property(expressions(false), (text) => {
      fc.pre(evaluate(text, scope, { cost: 20_000 }).ok);
      const { problems } = checkExpression(text, (name) => (name === 's' ? STRING : DYN));
      expect(problems.filter(({ message }) => !/ never /.test(message))).toEqual([]);
    }),
    { numRuns: 600 },
  );
});

test('text that is no expression gives a failure with an offset inside it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const parsed = parseExpression(text);
      expect(parsed.ok || (parsed.offset >= 0 && parsed.offset <= text.length)).toBe(true);
    }),
  );
});

test('a long sum is evaluated: only brackets count as depth', () => {
  expect(evaluate(Array(900).fill('1').join(' + '), scope)).toEqual({ ok: true, value: 900n });
});
