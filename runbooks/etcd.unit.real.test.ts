import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Operator, operator } from '../test/etcd/operator.ts';
import { SYSTEMD, unitInventory } from '../test/etcd/units.ts';
import { type House, openHouse } from '../test/support/house.ts';

const MEMBERS = ['etcd00', 'etcd01'];
const LONG = { timeout: 300_000 };

/** A cluster that systemd runs, by the runbooks; `test/etcd/matrix.ts --unit` has the rest. Each test goes on where the last one ended. */
let house: House;
let people: Operator;
beforeAll(async () => {
  house = await openHouse({
    net: 74,
    hosts: 2,
    etcdVersion: '3.5',
    programs: SYSTEMD,
    disk: '1G',
    inventory: unitInventory,
  });
  people = operator(house);
}, 120_000);
afterAll(() => house?.[Symbol.asyncDispose]());

async function on(host: string, command: string): Promise<string> {
  const result = await house.lab.ssh(host, command);
  return result.stdout.trim();
}

async function everywhere(command: string): Promise<readonly string[]> {
  return Promise.all(MEMBERS.map((host) => on(host, command)));
}

async function verdict(): Promise<unknown> {
  return (await people.run('etcd/triage')).outputs?.verdict;
}

it(
  'is installed, bootstrapped, joined and stopped as units; only a runbook starts what a runbook has stopped',
  LONG,
  async () => {
    await people.run('etcd/install');
    await people.run('etcd/bootstrap', { members: 'etcd00' });
    await people.run('etcd/add-member', { members: 'etcd00', joiner: 'etcd01' });
    expect(await everywhere('systemctl is-active etcd.service')).toEqual(['active', 'active']);
    await people.run('etcd/stop', { members: 'etcd01' });
    expect(await on('etcd01', 'systemctl restart etcd.service; systemctl is-active etcd.service')).toBe(
      'inactive',
    );
    await people.run('etcd/start', { members: 'etcd01' });
  },
);

it('a flag that was left in a drop-in is seen and taken out, and nobody is ejected', LONG, async () => {
  const dropIn = '.systemd/system/etcd.service.d/10-local.conf';
  await on(
    'etcd01',
    `mkdir -p ${dropIn.replace(/\/[^/]*$/, '')}; printf '[Service]\\nEnvironment=ETCD_FORCE_NEW_CLUSTER=true\\n' >${dropIn}; systemctl daemon-reload`,
  );
  expect(await verdict()).toBe('stale_flag');
  await people.run('etcd/restart-without-flag');
  expect(await on('etcd01', `cat ${dropIn}`)).toContain('ETCD_FORCE_NEW_CLUSTER=false');
  expect(await verdict()).toBe('healthy');
});

it('one of two that lost its data is rebuilt from the other, and both run by their units', LONG, async () => {
  const ctl = (at: number, words: string) =>
    on('etcd00', `ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints http://127.82.74.${at + 3}:2379 ${words}`);
  await ctl(0, 'put kept value');
  await on('etcd01', 'systemctl stop etcd.service; rm -rf apps/etcd/data/* apps/etcd/wal/*');
  await people.run('etcd/rebuild');
  for (const at of [0, 1]) expect(await ctl(at, 'get kept --print-value-only')).toBe('value');
  const mine =
    'test "$(systemctl show -p MainPID etcd.service)" = "MainPID=$(pgrep -x etcd)" && echo by its unit';
  expect(await everywhere(mine)).toEqual(['by its unit', 'by its unit']);
});
