import { parseArgs } from 'node:util';
import type { Entry } from '../../ledger/events.ts';
import { openLedger } from '../../ledger/open.ts';
import { dataFiles } from '../../server/embedded/dataDir.ts';
import { openHouse } from '../support/house.ts';
import { seeded } from './random.ts';
import { type RebuildRound, rebuildRound } from './rebuildRound.ts';
import { libraryWithWitness } from './rebuildWitness.ts';

/**
 * etcd/rebuild again and again, its worker killed at moments that are drawn from a seed:
 *
 *     node test/crash/rebuild.ts --runs 10 --seed 7 --etcd 3.4
 *
 * `--kills N` kills that often in each run (1 to 3 unless said; 0 measures a rebuild that nothing disturbs); `--steps`
 * also prints how long each step took. Exit code 1 where a key is missing or anything ran twice.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    etcd: { type: 'string', default: '3.4' },
    kills: { type: 'string' },
    net: { type: 'string', default: '45' },
    steps: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const rounds: (RebuildRound & { readonly seed: number })[] = [];

await using house = await openHouse({
  net: Number(values.net),
  hosts: 3,
  etcdVersion: values.etcd,
  disk: '1G',
  runbooks: await libraryWithWitness(),
});
const ledger = openLedger({ path: dataFiles(house.dataDir).ledger });
console.log(
  `etcd ${house.lab.lab.etcd?.version}; ${row(['run', 'seed', 'killed during', 'seconds', 'scripts', 'missing', 'twice', 'status'])}`,
);
for (let at = 0; at < Number(values.runs); at++) {
  const random = seeded(first + at);
  const kills = Number(values.kills ?? 1 + Math.floor(random.below(3)));
  const round = { ...(await rebuildRound({ house, ledger }, random, kills)), seed: first + at };
  rounds.push(round);
  const { kills: during, seconds, scripts, missing, duplicates, wrong, status } = round;
  const cells = [
    at + 1,
    round.seed,
    during.join(', ') || 'none',
    seconds.toFixed(1),
    scripts,
    missing.length,
    duplicates.length + wrong.length,
    status,
  ];
  console.log(row(cells.map(String)));
  for (const line of [...missing.slice(0, 3), ...duplicates, ...wrong]) console.log(`      ${line}`);
}
if (values.steps) console.log(stepTable(rounds.map(({ entries }) => entries)));
await ledger.close();
const faults = rounds.filter(
  ({ missing, duplicates, wrong, status }) =>
    missing.length + duplicates.length + wrong.length > 0 || status !== 'succeeded',
);
console.log(`${rounds.length - faults.length} of ${rounds.length} as they should`);
process.exitCode = faults.length === 0 ? 0 : 1;

function row(cells: readonly string[]): string {
  const widths = [3, 6, 70, 7, 7, 7, 5, 9];
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
