import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inventoryOf } from '../lab/lab.ts';
import { parseBreakage } from '../lab/labBreak.ts';
import type { RunView } from '../server/api/runs.ts';
import { type House, openHouse } from '../test/support/house.ts';

const NET = 73;
const MEMBERS = ['etcd00', 'etcd01', 'etcd02'];
const client = (at: number) => `http://127.82.${NET}.${at + 3}:2379`;
const CTL = `ETCDCTL_API=3 apps/etcd/bin/etcdctl --endpoints ${client(0)},${client(1)},${client(2)}`;

/** What goes wrong with a cluster, what triage says of it, and the runbook that triage names; each test goes on where the last one ended. */
describe('on etcd 3.4', { timeout: 300_000 }, () => {
  let house: House;
  let inventory: string;
  beforeAll(async () => {
    house = await openHouse({
      net: NET,
      hosts: 3,
      etcdVersion: '3.4',
      disk: '1G',
      inventory: async (lab) => {
        inventory = inventoryOf(lab.lab);
        return inventory;
      },
    });
    await run('etcd/install');
    await run('etcd/bootstrap');
  });
  afterAll(() => house?.[Symbol.asyncDispose]());

  /** By the command line, to its end; its gates are approved. */
  async function run(runbook: string, ...args: readonly string[]): Promise<RunView> {
    const begun = await house.holdfast('run', runbook, '--yes', '--detach', '-m', 'test', ...args);
    expect(begun.code, begun.stdout + begun.stderr).toBe(0);
    return through(begun.stdout.trim().split(/\s+/).at(-1) ?? '');
  }

  async function through(id: string): Promise<RunView> {
    for (;;) {
      const view = await house.view(id);
      if (view.status === 'succeeded') return view;
      if (view.ended_at !== undefined || view.status === 'held')
        throw new Error(`${view.runbook} is ${view.status}: ${view.why ?? view.held[0]?.why}`);
      const [gate] = view.gates;
      if (gate === undefined) await pause(100);
      else await house.holdfast('approve', id, '--step', gate.step, '-m', 'yes');
    }
  }

  async function triage(...args: readonly string[]): Promise<object> {
    const { outputs } = await run('etcd/triage', ...args);
    return { verdict: outputs?.verdict, runbook: outputs?.runbook };
  }

  async function on(host: string, command: string): Promise<string> {
    const result = await house.lab.ssh(host, command);
    return result.stdout;
  }

  it('a forgotten --force-new-cluster is seen, and taken out of the file', async () => {
    await on('etcd01', `sed -i 's/"\\$@"/--force-new-cluster "$@"/' apps/etcd/bin/start`);
    expect(await triage()).toEqual({ verdict: 'stale_flag', runbook: 'etcd/restart-without-flag' });
    await run('etcd/restart-without-flag');
    expect(await on('etcd01', 'cat apps/etcd/bin/start')).not.toContain('force-new-cluster');
    expect(await triage()).toEqual({ verdict: 'healthy', runbook: '' });
  });

  it('one that is stopped is started; all that are stopped are started', async () => {
    await run('etcd/stop', '-i', 'members=etcd02');
    expect(await triage()).toEqual({ verdict: 'member_stopped', runbook: 'etcd/start' });
    await run('etcd/start', '-i', 'members=etcd02');
    expect(await triage()).toEqual({ verdict: 'healthy', runbook: '' });
    await run('etcd/stop');
    expect(await triage()).toEqual({ verdict: 'stopped', runbook: 'etcd/start' });
    await run('etcd/start');
    expect(await triage()).toEqual({ verdict: 'healthy', runbook: '' });
  });

  it('a full disk is freed, and no rebuild is needed', async () => {
    await house.lab.break(parseBreakage(['full-disk', 'etcd01']));
    await on(
      'etcd00',
      `i=0; while [ $i -lt 60 ]; do head -c 500000 /dev/zero | tr '\\0' x | ${CTL.replace(`,${client(1)}`, '')} put big >/dev/null || break; i=$((i + 1)); done`,
    );
    await house.lab.break(parseBreakage(['kill', 'etcd01', 'etcd'])).catch(() => undefined);
    expect(await triage()).toEqual({ verdict: 'disk_full', runbook: 'etcd/free-disk' });
    const begun = await house.holdfast('run', 'etcd/free-disk', '--yes', '--detach', '-m', 'test');
    const id = begun.stdout.trim().split(/\s+/).at(-1) ?? '';
    const [gate] = (await house.reaches(id, 'waiting')).gates;
    expect(gate?.ask).toContain('on etcd01, until 256 MB are free');
    expect(JSON.stringify(gate?.shown)).toContain('somebodys-core-dump');
    await house.lab.break(parseBreakage(['free-disk', 'etcd01']));
    await through(id);
    expect(await triage()).toEqual({ verdict: 'healthy', runbook: '' });
  });

  it('a full database is compacted and defragmented, and takes writes again', async () => {
    await run('etcd/stop');
    for (const host of MEMBERS) await on(host, 'apps/etcd/bin/start --quota-backend-bytes 50000000');
    await on(
      'etcd00',
      `until ${CTL} endpoint health; do sleep 0.2; done; i=0; while head -c 1000000 /dev/zero | tr '\\0' x | ${CTL} put big >/dev/null 2>&1 && [ $i -lt 90 ]; do i=$((i + 1)); done`,
    );
    expect(await triage()).toEqual({ verdict: 'nospace', runbook: 'etcd/clear-nospace' });
    const { outputs } = await run('etcd/clear-nospace');
    expect(Number(outputs?.after_mb)).toBeLessThan(Number(outputs?.before_mb) / 2);
    expect(await triage()).toEqual({ verdict: 'healthy', runbook: '' });
  });

  it('of two copies that differ the one with the later revision is taken, into another home', async () => {
    await on('etcd00', `${CTL} put both have`);
    await run('etcd/stop', '-i', 'members=etcd00');
    await on(
      'etcd02',
      `${CTL} put later only-two-have; i=0; while [ $i -lt 20 ]; do ${CTL} put filler $i; i=$((i + 1)); done; sleep 1`,
    );
    for (const host of MEMBERS.slice(1)) await house.lab.break(parseBreakage(['kill', host, 'etcd']));
    await house.lab.break(parseBreakage(['lose-data', 'etcd01']));
    expect(await triage()).toEqual({ verdict: 'stopped', runbook: 'etcd/start' });
    expect(await triage('-i', 'tried_start=true')).toEqual({
      verdict: 'quorum_lost',
      runbook: 'etcd/rebuild',
    });

    await moveHome();
    await run('etcd/install');
    const id = await house.start('etcd/rebuild', { inputs: { tried_start: 'true' } });
    const first = await house.reaches(id, 'waiting');
    expect(first.gates[0]?.step).toBe('go_ahead');
    await house.holdfast('approve', id, '--step', 'go_ahead', '-m', 'yes');
    const second = await house
      .reaches(id, 'waiting', 'succeeded')
      .then(async (view) => (view.gates[0]?.step === 'go_ahead' ? house.reaches(id, 'succeeded') : view));
    expect(second.gates[0]).toMatchObject({ step: 'copies_differ', ask: 'The copies differ. Take etcd02?' });
    const shown = JSON.stringify(second.gates[0]?.shown);
    for (const host of ['etcd00', 'etcd02']) expect(shown).toContain(host);
    await house.holdfast('approve', id, '--step', 'copies_differ', '-m', 'yes');
    const end = await house.reaches(id, 'succeeded');
    expect(end.outputs?.seed).toBe('etcd02');
    for (const at of [0, 1, 2]) {
      const get = `ETCDCTL_API=3 moved/etcd/bin/etcdctl --endpoints ${client(at)} get`;
      expect(await on('etcd00', `${get} both --print-value-only; ${get} later --print-value-only`)).toBe(
        'have\nonly-two-have\n',
      );
    }
    expect(await on('etcd02', 'ls apps/etcd/data/member/snap/db moved/etcd/data/member/snap/db')).toContain(
      'moved/etcd/data/member/snap/db',
    );
  });

  /** The inventory says that members live in `moved/etcd` from now on, and lived in `apps/etcd` before. */
  async function moveHome(): Promise<void> {
    const text = await readFile(inventory, 'utf8');
    const moved = '$&\n$1etcd_home: $2/moved/etcd\n$1etcd_old_home: $2/apps/etcd';
    await writeFile(inventory, text.replace(/^( *)holdfast_home: (.*)$/gm, moved));
  }
});
