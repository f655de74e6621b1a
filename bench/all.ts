import { availableParallelism, loadavg } from 'node:os';
import { cli } from './cli.ts';
import { hosts } from './hosts.ts';
import { job } from './job.ts';
import { rebuild } from './rebuild.ts';
import { steps } from './steps.ts';
import { type Bench, print, type Row, row } from './table.ts';

/** Every benchmark, one after the other, and one table. `npm run bench -- steps job` runs those alone. */
const wanted = process.argv.slice(2);
const benches = [cli, job, steps, hosts, rebuild].filter(
  (bench) => wanted.length === 0 || wanted.includes(bench.name),
);
const results: { readonly bench: Bench; readonly rows: readonly Row[] }[] = [];
for (const [at, bench] of benches.entries()) {
  process.stderr.write(`${at + 1} of ${benches.length}: ${bench.name} …\n`);
  results.push({ bench, rows: await rowsOf(bench) });
}
const load = loadavg()[0]?.toFixed(1);
process.stdout.write(
  `\nHoldfast's figures on ${availableParallelism()} processors, load ${load}. Times depend on the machine and on what else it does; the ratios less so.\n`,
);
for (const { bench, rows } of results) print(`${bench.name}: ${bench.about}`, rows);
// The SDK of Temporal keeps threads of its own.
process.exit(0);

/** One that fails says so in its place; the others have their figures all the same. */
async function rowsOf(bench: Bench): Promise<readonly Row[]> {
  try {
    return await bench.run();
  } catch (error) {
    return [row('failed', error instanceof Error ? error.message : String(error))];
  }
}
