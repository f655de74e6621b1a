import { createContext, runInContext } from 'node:vm';
import { expect, test } from 'vitest';
import { PRELUDE } from './prelude.ts';

function context() {
  const made = createContext({ __TEMPORAL_ACTIVATOR__: { info: { runId: 'r' } } });
  runInContext(PRELUDE, made);
  return (source: string): unknown => runInContext(source, made);
}

test('what the SDK asks of each promise is answered without compiling, and its error has no stack', () => {
  const run = context();
  const ask = '(source) => Promise.resolve().constructor.constructor(source)()';
  expect(run(`(${ask})('return globalThis.__TEMPORAL_ACTIVATOR__').info.runId`)).toBe('r');
  expect(run(`new ((${ask})('return globalThis.Error'))().stack`)).toBeUndefined();
});

test('everything else is as it was', () => {
  const run = context();
  expect(run('Promise.constructor("a", "b", "return a + b")(1, 2)')).toBe(3);
  expect(run('new Error("wrong").stack')).toContain('Error: wrong');
  expect(run('(async () => {})() instanceof Promise')).toBe(true);
});
