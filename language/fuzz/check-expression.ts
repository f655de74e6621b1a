import { evaluate } from '../../plan/expressions/evaluate.ts';
import { FUNCTION_ARITY, MACRO_BODIES } from '../../plan/expressions/names.ts';
import type { Value } from '../../plan/expressions/values.ts';
import { cpuMs } from './cpu.ts';
import type { Random } from './random.ts';

/** Milliseconds of CPU. A full budget takes about 50; the first use of something is slower. */
const LONGEST = 1_500;
const MOST_MEMORY = 512 * 1024 * 1024;

const NUMBERS = Array.from({ length: 2_000 }, (_, i) => BigInt(i));
const SCOPE: { readonly [name: string]: Value } = {
  l: NUMBERS,
  t: 'ab'.repeat(5_000),
  m: { a: 1n, b: [1n, 2n] },
  n: 7n,
};
const LEAVES = [
  'l',
  't',
  'm',
  'n',
  'x',
  '"a"',
  '"(a+)+$"',
  '1',
  '2.5',
  'true',
  'null',
  '[]',
  '[1, "a"]',
  '{"a": l}',
];

/**
 * Evaluates an expression made at random, and answers with it.
 *
 * @throws Error where it throws, takes long or needs much memory: whatever stands in it, it must do neither.
 */
export function checkExpression(random: Random): string {
  const text = expression(random, 0);
  const began = cpuMs();
  const before = process.memoryUsage().heapUsed;
  evaluate(text, (name) => SCOPE[name]);
  const took = cpuMs() - began;
  const grown = process.memoryUsage().heapUsed - before;
  if (took > LONGEST) throw new Error(`It took ${Math.round(took)} ms: ${text}`);
  if (grown > MOST_MEMORY) throw new Error(`It took ${Math.round(grown / 1_048_576)} MiB: ${text}`);
  return text;
}

function expression(random: Random, depth: number): string {
  if (depth > 5 || random.next() < 0.2) return random.one(LEAVES);
  const inner = () => expression(random, depth + 1);
  switch (random.below(5)) {
    case 0:
      return `(${inner()} ${random.one(['+', '-', '*', '/', '%', '==', '<', 'in', '&&', '||'])} ${inner()})`;
    case 1:
      return `(${inner()}).${random.one([...MACRO_BODIES.keys()])}(x, ${inner()})`;
    case 2:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    case 3:
      return `${inner()}[${inner()}]`;
    default: {
      const [name, arity] = random.one([...FUNCTION_ARITY]);
      return `${name}(${Array.from({ length: Math.min(3, arity.max) }, inner).join(', ')})`;
    }
  }
}
