import { expect, test } from 'vitest';
import { newRunId } from './runId.ts';

const AT = Date.UTC(2026, 10, 23, 14, 0, 0);

test('a run id says its day and is short', () => {
  expect(newRunId(AT)).toMatch(/^r-20261123-[0-9a-z]{6}$/);
});

test('run ids sort in order of time', () => {
  const times = [0, 100, 1_000, 60_000, 3_600_000, 86_400_000].map((ms) => AT + ms);
  const ids = times.map((time) => newRunId(time, () => 0));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test('two in the same instant differ by chance', () => {
  let next = 0;
  const random = () => next++;
  expect(newRunId(AT, random)).not.toBe(newRunId(AT, random));
});
