import { parseArgs } from 'node:util';
import { openHouse } from '../support/house.ts';
import { operator } from './operator.ts';
import { securedInventory } from './secured.ts';
import { type Ground, type Trial, trials } from './trials.ts';
import { SYSTEMD, unitInventory } from './units.ts';

/**
 * Every runbook on every generation of etcd, on real members, by the API, over SSH:
 *
 *     npx node test/etcd/matrix.ts                            all of it, and the table
 *     npx node test/etcd/matrix.ts --etcd 3.6 --only scale    one generation; runbooks whose name holds a word (others only as far as they are needed)
 *     npx node test/etcd/matrix.ts --net 78                   the first of the networks 127.82.NET, one a generation
 *     npx node test/etcd/matrix.ts --tls --auth               behind certificates, and with etcd's own users
 *     npx node test/etcd/matrix.ts --unit                     members that systemd runs (a stand-in of it)
 *
 * Exit code 1 where one of them failed.
 */
const GENERATIONS = ['3.3', '3.4', '3.5', '3.6'];
const { values } = parseArgs({
  options: {
    etcd: { type: 'string', multiple: true, default: GENERATIONS },
    only: { type: 'string', multiple: true, default: [] },
    net: { type: 'string', default: '78' },
    tls: { type: 'boolean', default: false },
    auth: { type: 'boolean', default: false },
    unit: { type: 'boolean', default: false },
  },
});

const secured = { tls: values.tls, users: values.auth };

type Cell = { readonly result: 'passed' | 'failed'; readonly seconds: number; readonly note: string };

const table = new Map<string, Map<string, Cell>>();
for (const [at, generation] of values.etcd.entries()) {
  await using house = await openHouse({
    net: Number(values.net) + (at % 3),
    hosts: 5,
    etcdVersion: generation,
    disk: '1G',
    ...(values.unit && { programs: SYSTEMD }),
    async inventory(lab) {
      if (values.unit) await unitInventory(lab);
      return securedInventory(secured)(lab);
    },
  });
  console.log(`etcd ${house.lab.lab.etcd?.version}`);
  const net = Number(values.net) + (at % 3);
  const ground: Ground = {
    house,
    operator: operator(house),
    generation,
    secured,
    units: values.unit,
    client: (host) => `${values.tls ? 'https' : 'http'}://127.82.${net}.${host + 3}:2379`,
  };
  for (const trial of chosen()) {
    const cell = await tried(trial, ground);
    const row = `${trial.runbook.replace('etcd/', '')}: ${trial.says}`;
    table.set(row, (table.get(row) ?? new Map<string, Cell>()).set(generation, cell));
    console.error(
      `${generation}  ${cell.result}  ${cell.seconds.toFixed(1)} s  ${row}${cell.note && `: ${cell.note}`}`,
    );
  }
}
print();

/** What all need stands first: installed, started. */
function chosen(): readonly Trial[] {
  const { only } = values;
  if (only.length === 0) return trials;
  return trials.filter(
    ({ runbook }, at) => at < 2 || only.some((word) => runbook.replace('etcd/', '').includes(word)),
  );
}

async function tried(trial: Trial, ground: Ground): Promise<Cell> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    const note = (await trial.go(ground)) ?? '';
    return { result: 'passed', seconds: seconds(), note };
  } catch (error) {
    process.exitCode = 1;
    return {
      result: 'failed',
      seconds: seconds(),
      note: error instanceof Error ? error.message : String(error),
    };
  }
}

function print(): void {
  const width = Math.max(...[...table.keys()].map((row) => row.length));
  const line = (first: string, cells: readonly string[]) =>
    console.log([first.padEnd(width), ...cells.map((cell) => cell.padStart(8))].join('  '));
  line('runbook', values.etcd);
  for (const [row, cells] of table) {
    const texts = values.etcd.map((generation) => {
      const cell = cells.get(generation);
      if (cell === undefined) return '-';
      return cell.result === 'passed' ? `${cell.seconds.toFixed(1)} s` : 'FAILED';
    });
    line(row, texts);
  }
}
