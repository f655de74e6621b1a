import { expect, it } from 'vitest';
import { HoldfastError } from '../../../plan/errors.ts';
import { Stop } from '../walk.ts';
import { together } from './loop.ts';

it('what ends the run is not lost to an error that a person could retry, whichever branch it came from', async () => {
  const wrong = new HoldfastError('value/wrong', 'Wrong.', 'Correct it.');
  const stop = new Stop('failed', 'over');
  const order: string[] = [];
  const work = [
    () => Promise.reject(wrong),
    () => Promise.reject(stop),
    async () => {
      await Promise.resolve();
      order.push('came to its end');
    },
  ];
  await expect(together(work)).rejects.toBe(stop);
  expect(order).toEqual(['came to its end']);
});
