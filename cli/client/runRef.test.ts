import { expect, test } from 'vitest';
import { pickRun } from './runRef.ts';

const RUNS = ['r-20261123-kkqnah', 'r-20261123-kkmn3z', 'r-20261122-abcdef'];

test.each([
  ['r-20261123-kkq', 'r-20261123-kkqnah'],
  ['kkm', 'r-20261123-kkmn3z'],
  ['r-20261122', 'r-20261122-abcdef'],
])('%s is enough to name %s', (ref, run) => {
  expect(pickRun(ref, RUNS)).toBe(run);
});

test('what could be several runs is refused, and names them', () => {
  expect(() => pickRun('kk', RUNS)).toThrow(/kkqnah.*kkmn3z/);
});

test('what is no run is refused', () => {
  expect(() => pickRun('zz', RUNS)).toThrow(expect.objectContaining({ code: 'run/unknown', exit: 2 }));
});
