import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseBreakage } from '../lab/labBreak.ts';
import { operator } from '../test/etcd/operator.ts';
import { type House, openHouse } from '../test/support/house.ts';
import { interleaved, median, timed } from './measure.ts';
import { rebuildByHand, type Strategy } from './rebuildByHand.ts';
import { against, alone, type Bench, type Row, row, seconds } from './table.ts';

const SIZES_MB = (process.env.BENCH_MB ?? '1').split(',').map(Number);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 1);
const VERSION = process.env.BENCH_ETCD ?? '3.5';
const HOSTS: readonly string[] = ['etcd00', 'etcd01', 'etcd02'];
const VALUE_BYTES = 100_000;

export const rebuild: Bench = {
  name: 'rebuild',
  about: `etcd/rebuild, three members of etcd ${VERSION} of which two have lost their data, beside a script with the same steps over bare ssh2; ${ROUNDS} each`,
  run,
};

async function run(): Promise<readonly Row[]> {
  const largest = Math.max(...SIZES_MB);
  await using house = await openHouse({
    net: 34,
    hosts: HOSTS.length,
    etcdVersion: VERSION,
    // Beside each other: the members as they were broken, those of this round, two copies of one, a snapshot and its restored form.
    disk: `${1 + Math.ceil((largest * 12) / 1000)}G`,
  });
  const rows: Row[] = [];
  for (const megabytes of SIZES_MB) {
    await breakCluster(house, megabytes);
    for (const strategy of ['grow', 'snapshot'] as const) {
      const found = await interleaved(ROUNDS, {
        hand: async () => {
          await asBroken(house);
          return timed(() => rebuildByHand(house.lab.lab, strategy));
        },
        holdfast: async () => {
          await asBroken(house);
          return through(house, strategy);
        },
      });
      const [hand, whole] = [median(found.hand), median(found.holdfast)];
      rows.push(row(`${megabytes} MB, ${strategy}, by hand`, seconds(hand)));
      rows.push(
        row(`${megabytes} MB, ${strategy}, etcd/rebuild without the wait for its approval`, seconds(whole)),
      );
      rows.push(
        against(`${megabytes} MB, ${strategy}, etcd/rebuild : by hand`, whole / hand, { most: 1.2 }, ' ×'),
      );
    }
  }
  return rows;
}

/** A cluster that holds so much; all killed, two of three without their data. `apps.broken` is how it lies there then. */
async function breakCluster(house: House, megabytes: number): Promise<void> {
  await endEtcd(house);
  for (const host of HOSTS) await on(house, host, 'rm -rf apps apps.broken');
  for (const runbook of ['etcd/install', 'etcd/bootstrap']) await operator(house).run(runbook);
  await fill(house, megabytes);
  await endEtcd(house);
  for (const host of HOSTS.slice(1)) await house.lab.break(parseBreakage(['lose-data', host]));
  for (const host of HOSTS) await on(house, host, 'mv apps apps.broken');
}

async function asBroken(house: House): Promise<void> {
  await endEtcd(house);
  for (const host of HOSTS) await on(house, host, 'rm -rf apps && cp -Rp apps.broken apps');
}

async function endEtcd(house: House): Promise<void> {
  for (const host of HOSTS)
    await house.lab.break(parseBreakage(['kill', host, 'etcd'])).catch(() => undefined);
}

/** Milliseconds from the run's first entry to its last, without those in which it waited for a person. */
async function through(house: House, strategy: Strategy): Promise<number> {
  const { run: id } = await operator(house).run('etcd/rebuild', { strategy });
  const entries = await house.entries(id);
  const at = (kind: string) =>
    entries.filter((entry) => entry.kind === kind).map((entry) => Number(new Date(entry.at)));
  const answered = at('operator.applied');
  const waited = at('gate.opened').reduce((sum, since, index) => sum + (answered[index] ?? since) - since, 0);
  return (at('run.ended')[0] ?? 0) - (at('run.started')[0] ?? 0) - waited;
}

async function on(house: House, host: string, script: string): Promise<void> {
  const result = await house.lab.ssh(host, `set -eu\n${script}`);
  if (result.kind === 'failed') throw new Error(`${host}: ${script}: ${result.reason}`);
}

/** Distinct keys of random text: neither a page nor a network squeezes it. */
async function fill(house: House, megabytes: number): Promise<void> {
  const address = house.lab.lab.hosts[0]?.address;
  const count = Math.ceil((megabytes * 1_000_000) / VALUE_BYTES);
  for (let n = 0; n < count; n++) {
    const value = randomBytes(VALUE_BYTES).toString('base64');
    const body = JSON.stringify({ key: Buffer.from(`filler/${n}`).toString('base64'), value });
    await put(`http://${address}:2379/v3/kv/put`, body);
  }
}

/** Tried again: etcd refuses more than it can apply at once. */
async function put(url: string, body: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(url, { method: 'POST', body });
    if (answer.ok) return void (await answer.body?.cancel());
    if (tries > 100) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    await pause(200);
  }
}

if (import.meta.main) await alone(rebuild);
