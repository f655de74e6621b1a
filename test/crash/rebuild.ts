import { parseArgs } from 'node:util';
import type { Entry } from '../../ledger/events.ts';
import { openLedger } from '../../ledger/open.ts';
import { dataFiles } from '../../server/embedded/dataDir.ts';
import { openHouse } from '../support/house.ts';
import { seeded } from './random.ts';
import {
  boundariesOf,
  drawnStrikes,
  HOSTS,
  type RebuildRound,
  rebuildRound,
  STRATEGIES,
  type Strategy,
  type Strike,
  type Survivor,
} from './rebuildRound.ts';
import { libraryWithWitness } from './rebuildWitness.ts';

/**
 * etcd/rebuild again and again, its worker killed at moments that are drawn from a seed:
 *
 *     npx node test/crash/rebuild.ts --runs 10 --seed 7 --etcd 3.4
 *     npx node test/crash/rebuild.ts --every-boundary --seed 7 --etcd 3.4 --strategy snapshot
 *
 * `--kills N` kills that often in each run (1 to 3 unless said; 0 measures a rebuild that nothing disturbs); `--steps`
 * also prints how long each step took. `--every-boundary` makes one run to learn what there is, and one for each step of it, whose
 * worker is killed as that step has started, and one as the last has ended; `--together N` strikes N of them,
 * far apart, in each run. Exit
 * code 1 where a key is missing, members differ, or anything ran twice.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    etcd: { type: 'string', default: '3.4' },
    kills: { type: 'string' },
    net: { type: 'string', default: '45' },
    steps: { type: 'boolean', default: false },
    'every-boundary': { type: 'boolean', default: false },
    together: { type: 'string', default: '1' },
    strategy: { type: 'string', default: 'grow' },
  },
});
const seed = Number(values.seed);
const strategy = strategyNamed(values.strategy);
const rounds: RebuildRound[] = [];
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped = true;
  });
}

await using house = await openHouse({
  net: Number(values.net),
  hosts: 3,
  etcdVersion: values.etcd,
  disk: '1G',
  runbooks: await libraryWithWitness(),
});
const ledger = openLedger({ path: dataFiles(house.dataDir).ledger });
const columns = [
  'run',
  'seed',
  'killed during',
  'seconds',
  'scripts',
  'missing',
  'unequal',
  'twice',
  'status',
];
console.log(`etcd ${house.lab.lab.etcd?.version}; ${row(columns)}`);
if (values['every-boundary']) await atEveryBoundary();
else await atRandom();
if (values.steps) console.log(stepTable(rounds.map(({ entries }) => entries)));
await ledger.close();
const good = rounds.filter((round) => faultsOf(round) === 0).length;
console.log(`${good} of ${rounds.length} as they should`);
process.exitCode = good === rounds.length ? 0 : 1;

async function atRandom(): Promise<void> {
  for (let at = 0; at < Number(values.runs) && !stopped; at++) {
    const random = seeded(seed + at);
    const kills = Number(values.kills ?? 1 + Math.floor(random.below(3)));
    await play(at + 1, seed + at, random.pick(HOSTS), drawnStrikes(random, kills));
  }
}

/** The same member survives each time: which one it is, the names of some steps say. */
async function atEveryBoundary(): Promise<void> {
  const survivor = seeded(seed).pick(HOSTS);
  const { entries } = await play(0, seed, survivor, []);
  const all = boundariesOf(entries);
  console.log(`${all.length} boundaries`);
  const runs = Math.ceil(all.length / Number(values.together));
  for (let at = 0; at < runs && !stopped; at++) {
    const strikes = all.filter((_, index) => index % runs === at);
    const { kills } = await play(at + 1, seed, survivor, strikes);
    if (kills.length !== strikes.length) console.log(`      struck ${kills.length} of ${strikes.length}`);
  }
}

async function play(
  at: number,
  ofSeed: number,
  survivor: Survivor,
  strikes: readonly Strike[],
): Promise<RebuildRound> {
  const round = await rebuildRound({ house, ledger }, survivor, strategy, strikes);
  rounds.push(round);
  const { kills, seconds, scripts, missing, unequal, duplicates, wrong, status } = round;
  const cells = [
    at,
    ofSeed,
    kills.join(', ') || 'none',
    seconds.toFixed(1),
    scripts,
    missing.length,
    unequal.length,
    duplicates.length + wrong.length,
    status,
  ];
  console.log(row(cells.map(String)));
  for (const line of [...missing.slice(0, 3), ...unequal, ...duplicates, ...wrong])
    console.log(`      ${line}`);
  return round;
}

function strategyNamed(name: string): Strategy {
  const found = STRATEGIES.find((one) => one === name);
  if (found === undefined) throw new Error(`--strategy is one of ${STRATEGIES.join(', ')}`);
  return found;
}

function faultsOf({ missing, unequal, duplicates, wrong, status }: RebuildRound): number {
  const ended = status === 'succeeded' ? 0 : 1;
  return missing.length + unequal.length + duplicates.length + wrong.length + ended;
}

function row(cells: readonly string[]): string {
  const widths = [3, 6, 50, 7, 7, 7, 7, 5, 9];
  return cells
    .map((cell, at) => (at === 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    .join('  ');
}

/** Median seconds of each step, and until the next one began. */
function stepTable(runs: readonly (readonly Entry[])[]): string {
  const took = new Map<string, { readonly own: number[]; readonly start: number[] }>();
  for (const entries of runs) {
    const began = entries.find(({ kind }) => kind === 'run.requested')?.at ?? 0;
    const started = new Map<string, number>();
    for (const entry of entries) {
      if (entry.kind === 'step.started') started.set(entry.data.step, entry.at);
      if (entry.kind !== 'step.ended') continue;
      const place = took.get(entry.data.step) ?? { own: [], start: [] };
      const from = started.get(entry.data.step) ?? entry.at;
      place.own.push((entry.at - from) / 1000);
      place.start.push((from - began) / 1000);
      took.set(entry.data.step, place);
    }
  }
  const median = (list: readonly number[]) =>
    [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  return [...took]
    .map(
      ([step, { own, start }]) =>
        `${median(start).toFixed(2).padStart(7)} s  ${median(own).toFixed(2).padStart(6)} s  ${step}`,
    )
    .join('\n');
}
