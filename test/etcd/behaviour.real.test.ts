import { describe, expect, it } from 'vitest';
import { claims, disproof } from './claims.ts';

const all = await claims();

/** Each generation at an address of its own. */
describe.each([
  ['3.3', '127.84.83.33'],
  ['3.4', '127.84.83.34'],
  ['3.5', '127.84.83.35'],
  ['3.6', '127.84.83.36'],
])('docs/etcd/behaviour.md holds on etcd %s:', (generation, address) => {
  it.each(all.filter(({ generations }) => generations.includes(generation)))('$says', async (claim) => {
    expect(await disproof(claim, generation, address)).toBeUndefined();
  });
});
