import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBreakage } from '../lab/labBreak.ts';
import { type House, openHouse } from '../test/support/house.ts';

const MEMBERS = ['etcd00', 'etcd01', 'etcd02'];
const CTL = 'ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints';

/** The runbooks as people run them: by the command line, over SSH, on real etcd; each test goes on where the last one ended. */
describe.each([
  ['3.4', 71],
  ['3.5', 72],
])('on etcd %s', (version, net) => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ net, hosts: 3, etcdVersion: version, disk: '1G' });
  });
  afterAll(() => house?.[Symbol.asyncDispose]());

  async function run(runbook: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await house.holdfast('run', runbook, '--yes', '-m', 'test', ...args);
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  }

  async function on(host: string, command: string): Promise<string> {
    const { stdout } = await house.lab.ssh(host, command);
    return stdout;
  }

  it('a cluster is installed and started, and all members agree', async () => {
    await run('etcd/install');
    await run('etcd/bootstrap');
    await run('etcd/members', '-i', 'writes=50');
  });

  it('a backup is proved, and a wrong peer URL is corrected', async () => {
    await run('etcd/backup');
    await on('etcd00', `${CTL} http://127.82.${net}.3:2379 put kept value`);
    const list = await on('etcd00', `${CTL} http://127.82.${net}.3:2379 member list`);
    const id = /^([0-9a-f]+), started, etcd02/m.exec(list)?.[1] ?? '';
    await on(
      'etcd00',
      `${CTL} http://127.82.${net}.3:2379 member update ${id} --peer-urls=http://localhost:2380`,
    );
    await run('etcd/fix-peer-url', '-i', 'member=etcd02');
    expect(await on('etcd00', `${CTL} http://127.82.${net}.3:2379 member list`)).not.toContain('localhost');
  });

  it('two members that lose their data are rebuilt from the third', async () => {
    for (const host of MEMBERS) await house.lab.break(parseBreakage(['kill', host, 'etcd']));
    for (const host of MEMBERS.slice(1)) await house.lab.break(parseBreakage(['lose-data', host]));
    expect(await run('etcd/triage')).toContain('quorum_lost');

    const rebuild = await house.start('etcd/rebuild');
    const gate = await house.holdfast('watch', rebuild);
    expect(gate.code, gate.stdout + gate.stderr).toBe(3);
    await house.holdfast('approve', rebuild, '-m', 'yes');
    const end = await house.holdfast('watch', rebuild);
    expect(end.code, end.stdout + end.stderr).toBe(0);
    for (const at of [3, 4, 5]) {
      expect(await on('etcd00', `${CTL} http://127.82.${net}.${at}:2379 get kept --print-value-only`)).toBe(
        'value\n',
      );
    }
  });
});
