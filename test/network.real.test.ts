import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientKeyOf, homeOf, knownHostsOf } from '../lab/lab.ts';
import type { TestLab } from '../lab/testLab.ts';
import { freePort } from '../server/embedded/freePort.ts';
import { superviseTemporal, temporalAnswers } from '../server/embedded/temporal.ts';
import { findProgram } from '../toolbox/findProgram.ts';
import { type House, openHouse } from './support/house.ts';
import { type Link, openLink } from './support/link.ts';
import { finished, gather, spawnHoldfast, until } from './support/processes.ts';

const HOSTS = ['etcd00', 'etcd01', 'etcd02', 'etcd03', 'etcd04', 'etcd05'] as const;
type Host = (typeof HOSTS)[number];

const COUNT = `
holdfast: 1
name: count
summary: Counts until it is told to end.
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: count
    run: |
      echo begun >>"witness.$RUN"
      i=0
      until [ -e "end.$RUN" ]; do i=$((i+1)); echo "line $i"; sleep 0.05; done
      echo "ended $i" >>"witness.$RUN"
  - id: after
    run: echo after >>"witness.$RUN"
`;
const GATED = `
holdfast: 1
name: gated
inputs: { hosts: { type: hosts } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: sure
    approve: { ask: Sure?, by: [owner], allow_requester: true, expires: 1h }
  - id: act
    run: echo act >>"witness.$RUN"
`;

const parts = new AsyncDisposableStack();
const ways = new Map<string, Link>();
let toTemporal: Link;
let house: House;

beforeAll(async () => {
  toTemporal = await ownTemporal();
  house = parts.use(
    await openHouse({
      net: 67,
      hosts: HOSTS.length,
      runbooks: { 'count.yaml': COUNT, 'gated.yaml': GATED },
      inventory: behindLinks,
      up: ['--temporal', `127.0.0.1:${toTemporal.port}`],
    }),
  );
});
afterAll(() => parts.disposeAsync());

/** A Temporal that nobody watches, behind a link. */
async function ownTemporal(): Promise<Link> {
  const { path } = await findProgram('temporal');
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-temporal-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort(undefined);
  const files = { database: join(folder, 'temporal.db'), log: join(folder, 'temporal.log') };
  const temporal = superviseTemporal({ program: path, port, ...files, changed: () => {} });
  parts.defer(() => temporal.stop(5_000));
  await temporalAnswers({ address: `127.0.0.1:${port}`, namespace: 'default' }, 30_000, files.log);
  return parts.use(await openLink({ host: '127.0.0.1', port }));
}

/** An inventory in which each host of the lab is reached over a link. */
async function behindLinks(lab: TestLab): Promise<string> {
  const known = await readFile(knownHostsOf(lab), 'utf8');
  const lines: string[] = [];
  const keys: string[] = [];
  for (const host of lab.lab.hosts) {
    const link = parts.use(await openLink({ host: host.address, port: host.sshdPort }));
    ways.set(host.name, link);
    lines.push(`${host.name} ansible_host=127.0.0.1 ansible_port=${link.port} holdfast_home=${homeOf(host)}`);
    const own = known.split('\n').find((line) => line.includes(host.address)) ?? '';
    keys.push(own.replace(/^\S+/, `[127.0.0.1]:${link.port}`));
  }
  const file = (name: string) => join(lab.dir, name);
  await writeFile(file('behind-links'), `${keys.join('\n')}\n`);
  const vars = [
    `ansible_user=${lab.lab.user}`,
    `ansible_ssh_private_key_file=${clientKeyOf(lab)}`,
    `holdfast_known_hosts=${file('behind-links')}`,
  ];
  await writeFile(file('behind-links.ini'), ['[etcd]', ...lines, '[all:vars]', ...vars, ''].join('\n'));
  return file('behind-links.ini');
}

function way(host: Host): Link {
  const link = ways.get(host);
  if (!link) throw new Error(`no link to ${host}`);
  return link;
}

async function on(host: Host, command: string): Promise<string> {
  return (await house.lab.ssh(host, command)).stdout;
}

function witness(run: string, host: Host): Promise<string> {
  return on(host, `cat witness.${run} 2>/dev/null`);
}

async function counts(run: string, ...hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) {
    await until(`${host} counts`, async () =>
      (await witness(run, host)).includes('begun') ? true : undefined,
    );
  }
}

/** Each command ran once, and all that it said is kept, without a gap or a repeat. */
async function isWhole(run: string, host: Host): Promise<void> {
  const said = await witness(run, host);
  expect(said).toMatch(/^begun\nended \d+\nafter\n$/);
  const last = Number(/ended (\d+)/.exec(said)?.[1]);
  const { stdout } = await house.holdfast('logs', run, 'count', '--host', host);
  expect(stdout).toBe(linesTo(last));
}

function linesTo(last: number): string {
  return Array.from({ length: last }, (_, index) => `line ${index + 1}\n`).join('');
}

function shown(run: string, pattern: RegExp): Promise<string> {
  return until(
    `show says ${pattern}`,
    async () => {
      const { stdout } = await house.holdfast('show', run);
      return pattern.test(stdout) ? stdout : undefined;
    },
    90_000,
  );
}

// They wait most of their time, for limits of the product's own.
describe.concurrent('between worker and host, and between command line and server', () => {
  test('hosts that are cut off, slow, gone without a word or refuse: each command runs once, and show says who is looked for', async () => {
    const disturbed = ['etcd00', 'etcd01', 'etcd02', 'etcd03', 'etcd04'] as const;
    way('etcd04').cut();
    const never = await house.start('count', { inputs: { hosts: 'etcd04' } });
    const run = await house.start('count', { inputs: { hosts: 'etcd00,etcd01,etcd02,etcd03' } });
    await counts(run, 'etcd00', 'etcd01', 'etcd02', 'etcd03');
    way('etcd00').cut();
    way('etcd01').slow(300);
    way('etcd02').forget();
    await way('etcd03').refuse();

    const soon = await shown(run, /etcd03 can't be asked, looked for until .*the connection was refused/);
    expect(soon).toMatch(/count +running/);
    await shown(run, /etcd00 can't be asked, looked for until/);
    // What was never launched is no question: it certainly did not run.
    const held = await house.reaches(never, 'held');
    expect(held.steps[0]?.hosts).toMatchObject([{ host: 'etcd04', outcome: 'unreachable' }]);
    expect(held.held[0]?.why).toContain('said nothing within 20 s');
    expect(await witness(never, 'etcd04')).toBe('');

    for (const host of disturbed) await way(host).open();
    for (const host of disturbed) await on(host, `touch end.${run} end.${never}`);
    expect((await house.holdfast('retry', never)).code).toBe(0);
    await Promise.all([house.reaches(run, 'succeeded'), house.reaches(never, 'succeeded')]);
    expect((await house.holdfast('show', run)).stdout).not.toContain("can't be asked");
    await Promise.all([
      isWhole(never, 'etcd04'),
      ...(['etcd00', 'etcd01', 'etcd02', 'etcd03'] as const).map((host) => isWhole(run, host)),
    ]);
  });

  test('who follows over a bad line gets each entry and each line once', async () => {
    const { url } = await house.server();
    await using toServer = await openLink({ host: '127.0.0.1', port: Number(new URL(url).port) });
    const through = ['--server', `http://127.0.0.1:${toServer.port}`];
    const run = await house.start('count', { inputs: { hosts: 'etcd05' } });
    await counts(run, 'etcd05');
    const watch = spawnHoldfast(house.dataDir, ['watch', run, '--wait', '-o', 'json', ...through]);
    const logs = spawnHoldfast(house.dataDir, ['logs', run, 'count', '-f', ...through]);
    const [watched, followed] = [finished(watch), finished(logs)];
    const said = gather(logs.stdout);
    const seen = gather(watch.stdout);
    await until('both follow', async () => (seen() !== '' && said() !== '' ? true : undefined));
    const more = async () => {
      const before = said().length;
      await until('more lines come', async () => (said().length > before ? true : undefined));
    };
    await more();
    toServer.slow(120);
    await more();
    await toServer.refuse();
    const others = await house.holdfast('show', run, ...through);
    expect(others).toMatchObject({ code: 4, stderr: expect.stringContaining('Nobody answers') });
    await toServer.open();
    await more();
    toServer.cut();
    await house.reaches(run, 'running');
    await toServer.open();
    await more();
    // Nobody tells: only the missing signs of life do.
    toServer.forget();
    await more();
    await on('etcd05', `touch end.${run}`);

    const [events, lines] = await Promise.all([watched, followed]);
    expect(events.code, events.stderr).toBe(0);
    expect(events.stderr).toContain('connection lost; trying again');
    const seqs = events.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).seq);
    expect(seqs).toEqual((await house.entries(run)).map(({ seq }) => seq));
    expect(lines.code, lines.stderr).toBe(0);
    const last = Number(/ended (\d+)/.exec(await witness(run, 'etcd05'))?.[1]);
    expect(lines.stdout).toBe(linesTo(last));
  });
});

test('without Temporal commands run on, what is asked is kept and said so, and everything is done once when it is back', async () => {
  const run = await house.start('count', { inputs: { hosts: 'etcd00' } });
  const gated = await house.start('gated', { inputs: { hosts: 'etcd01' } });
  await counts(run, 'etcd00');
  await house.reaches(gated, 'waiting');

  const watched = house.holdfast('watch', run, '--wait');
  toTemporal.cut();
  await on('etcd00', `touch end.${run}`);
  await shown(run, /WARNING Temporal has not answered for \d+ s: runs wait until it does/);
  const [approved, wanted] = await Promise.all([
    house.holdfast('approve', gated, '-m', 'yes'),
    house.holdfast('run', 'gated', '--yes', '--detach', '-i', 'hosts=etcd02'),
  ]);
  expect(approved).toMatchObject({ code: 3, stdout: expect.stringContaining('recorded, not yet taken') });
  expect(wanted).toMatchObject({ code: 0, stderr: expect.stringContaining('starts as soon as it does') });
  expect(await witness(gated, 'etcd01')).toBe('');

  // As it is between two networks: late, and then refused once more.
  await toTemporal.open();
  toTemporal.slow(100);
  await toTemporal.refuse();
  await toTemporal.open();
  await house.reaches(run, 'succeeded');
  await house.reaches(gated, 'succeeded');
  await house.reaches(wanted.stdout.trim(), 'waiting');
  await isWhole(run, 'etcd00');
  expect(await watched).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Temporal has not answered'),
  });
  expect(await witness(gated, 'etcd01')).toBe('act\n');
  const applied = (await house.entries(gated)).filter(({ kind }) => kind === 'operator.applied');
  expect(applied).toHaveLength(1);
  expect((await house.holdfast('show', run)).stdout).not.toContain('WARNING');
  expect((await house.holdfast('abort', wanted.stdout.trim(), '-m', 'enough')).code).toBe(0);
});
