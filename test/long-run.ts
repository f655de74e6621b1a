import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { executionsOf } from './support/executions.ts';
import { openHouse } from './support/house.ts';

/**
 * Measures a long run on real parts: `npx node test/long-run.ts 5000` walks a loop of so many items on one host and prints
 * seconds, the lengths of its histories, and the worker's memory on the way. The figures in docs/limits.md come from here.
 */
const items = Number(process.argv[2] ?? 1000);
const list = JSON.stringify(Array.from({ length: items }, (_, item) => item));
const RUNBOOK = `
holdfast: 1
name: long
inputs: { hosts: { type: hosts, default: etcd }, items: { type: list<int> } }
on: hosts
steps:
  - id: each
    for_each: items
    as: item
    steps:
      - id: one
        env: { ITEM: '\${{ item }}' }
        run: echo "$ITEM" >>witness
`;

await using house = await openHouse({ net: 60, hosts: 1, runbooks: { 'long.yaml': RUNBOOK } });
const began = performance.now();
const run = await house.start('long', { inputs: { items: list } });
const megabytes: number[] = [];
for (;;) {
  const { pid } = (await house.server()).worker;
  megabytes.push(await residentMegabytes(pid));
  if ((await house.view(run)).ended_at !== undefined) break;
  await pause(5_000);
}
const seconds = Math.round((performance.now() - began) / 1000);
const lines = (await house.lab.ssh('etcd00', 'sort -u witness | wc -l; wc -l <witness')).stdout.trim();
const histories = await executionsOf(house, run);
console.log(JSON.stringify({ items, seconds, lines: lines.split(/\s+/), histories, megabytes }));

/** VmRSS of proc(5). */
async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
