import { afterAll, beforeAll, expect, it } from 'vitest';
import { type House, openHouse } from '../support/house.ts';
import { gateways } from './gateway.ts';
import { type Operator, operator } from './operator.ts';
import { programsOf } from './trials.ts';
import { writeLoad } from './writeLoad.ts';

const NET = 78;
/** Many steps of real members: on a machine that has much else to do they take their time. */
const LONG = { timeout: 400_000 };
const client = (at: number) => `http://127.82.${NET}.${at + 3}:2379`;

/** A small part of the matrix, on one cluster of etcd 3.4 with a fourth host; each test goes on where the last one ended. */
let house: House;
let people: Operator;
beforeAll(async () => {
  house = await openHouse({ net: NET, hosts: 4, etcdVersion: '3.4', disk: '1G' });
  people = operator(house);
  await people.run('etcd/install');
  await people.run('etcd/bootstrap', { members: 'etcd00:etcd01:etcd02' });
});
afterAll(() => house?.[Symbol.asyncDispose]());

it(
  'a member that leads is replaced by a host that joins first, and its data is put aside',
  LONG,
  async () => {
    await people.run('etcd/move-leader', { members: 'etcd00:etcd01:etcd02', to: 'etcd02' });
    await people.run('etcd/replace-member', {
      members: 'etcd00:etcd01:etcd02',
      old: 'etcd02',
      new: 'etcd03',
    });
    const list = await house.lab.ssh(
      'etcd00',
      `ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints ${client(0)} member list`,
    );
    expect([...list.stdout.matchAll(/etcd\d\d/g)].map(([name]) => name).sort()).toEqual([
      'etcd00',
      'etcd01',
      'etcd03',
    ]);
    const left = await house.lab.ssh('etcd02', 'ls apps/etcd/data; ls apps/etcd/aside/*/data/member/snap/db');
    expect(left.stdout).toMatch(/^apps\/etcd\/aside\//);
  },
);

it('an upgrade to 3.5 while a client writes loses nothing', LONG, async () => {
  const members = 'etcd00:etcd01:etcd03';
  const source = await programsOf('3.5.16');
  const left = await gateways(house.lab, 'v3', { tls: false, users: false });
  const load = writeLoad(left.filter((_, at) => at !== 2));
  const upgrade = people.run('etcd/upgrade', { members, to: '3.5.16', source });
  const { outputs } = await upgrade.finally(() => load.stop());
  expect(outputs?.cluster).toBe('3.5.0');
  expect((await load.stop()).missing).toEqual([]);
});
