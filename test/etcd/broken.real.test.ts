import { afterAll, beforeAll, expect, it } from 'vitest';
import { type House, openHouse } from '../support/house.ts';
import { brokenClusters } from './brokenClusters.ts';
import { Scene, STAND_INS } from './scene.ts';
import { tryBroken } from './tryBroken.ts';

/** Three of the broken clusters; all of them are `npx node test/etcd/broken.ts`. */
const CHOSEN = ['forgotten-flag', 'corrupt-wal', 'two-lost-snapshot'];

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 76, hosts: 3, etcdVersion: '3.5', disk: '1G', programs: STAND_INS });
}, 120_000);
afterAll(() => house?.[Symbol.asyncDispose]());

for (const broken of brokenClusters.filter(({ name }) => CHOSEN.includes(name)))
  it(`${broken.name}: triage names what mends it, and nothing is lost`, { timeout: 600_000 }, async () => {
    const tried = await tryBroken(new Scene(house), broken);
    expect(tried).toMatchObject({ said: broken.says.verdict, lost: 0, wrong: undefined });
  });
