import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inventoryOf } from '../lab/lab.ts';
import { type Operator, operator } from '../test/etcd/operator.ts';
import { type House, openHouse } from '../test/support/house.ts';

const STAND_INS = join(import.meta.dirname, 'lib', 'test', 'systemd');
const MEMBERS = ['etcd00', 'etcd01', 'etcd02'];
const LONG = { timeout: 300_000 };

/**
 * A cluster that systemd runs, by the runbooks. systemd can't run on a lab host: what stands in for it is found before the real one. Each test goes on where the last one ended.
 */
let house: House;
let people: Operator;
beforeAll(async () => {
  house = await openHouse({
    net: 74,
    hosts: 3,
    etcdVersion: '3.5',
    programs: STAND_INS,
    disk: '1G',
    inventory: withUnits,
  });
  people = operator(house);
}, 120_000);
afterAll(() => house?.[Symbol.asyncDispose]());

async function withUnits({ lab }: House['lab']): Promise<string> {
  const inventory = inventoryOf(lab);
  const text = await readFile(inventory, 'utf8');
  const unit = '$&\n$1etcd_unit: etcd.service\n$1etcd_unit_folder: $2/.systemd/system';
  await writeFile(inventory, text.replace(/^( *)holdfast_home: (.*)$/gm, unit));
  return inventory;
}

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
  'is installed, bootstrapped and stopped as units; only a runbook starts what a runbook has stopped',
  LONG,
  async () => {
    await people.run('etcd/install');
    await people.run('etcd/bootstrap');
    expect(await everywhere('systemctl is-active etcd.service')).toEqual(['active', 'active', 'active']);
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
    'etcd02',
    `mkdir -p ${dropIn.replace(/\/[^/]*$/, '')}; printf '[Service]\\nEnvironment=ETCD_FORCE_NEW_CLUSTER=true\\n' >${dropIn}; systemctl daemon-reload`,
  );
  expect(await verdict()).toBe('stale_flag');
  await people.run('etcd/restart-without-flag');
  expect(await on('etcd02', `cat ${dropIn}`)).toContain('ETCD_FORCE_NEW_CLUSTER=false');
  expect(await verdict()).toBe('healthy');
});

it('two that lost their data are rebuilt from the third, and all run by their units', LONG, async () => {
  const client = 'http://127.82.74.3:2379';
  await on('etcd00', `ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints ${client} put kept value`);
  for (const host of MEMBERS.slice(1))
    await on(host, 'systemctl stop etcd.service; rm -rf apps/etcd/data/* apps/etcd/wal/*');
  expect(await verdict()).toBe('quorum_lost');
  await people.run('etcd/rebuild');
  for (const at of [3, 4, 5]) {
    const get = `ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints http://127.82.74.${at}:2379 get kept --print-value-only`;
    expect(await on('etcd00', get)).toBe('value');
  }
  const mine =
    'test "$(systemctl show -p MainPID etcd.service)" = "MainPID=$(pgrep -x etcd)" && echo by its unit';
  expect(await everywhere(mine)).toEqual(['by its unit', 'by its unit', 'by its unit']);
});
