import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('so many go at once, the others in order as places become free, also after one that failed', async () => {
  const turns = new Turns(2);
  const began: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = gates.map(({ promise }, at) =>
    turns.take(async () => {
      began.push(at);
      await promise;
    }),
  );
  const ends = Promise.allSettled(all);
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  await tick();
  expect(began).toEqual([0, 1]);
  gates[1]?.reject(new Error('failed'));
  await tick();
  expect(began).toEqual([0, 1, 2]);
  for (const { resolve } of gates) resolve();
  expect((await ends).map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  expect(began).toEqual([0, 1, 2, 3, 4]);
});
