import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { executionsOf } from './support/executions.ts';
import { openHouse } from './support/house.ts';

/**
 * Measures a command that says much: `npx node test/long-output.ts 1000` has one command print so many MB of lines and another so many
 * MB without a newline, each followed by `logs -f`, and prints seconds, what was kept, and the memory of all processes on the
 * way. The figures in docs/limits.md come from here.
 */
const megabytes = Number(process.argv[2] ?? 1000);
const RUNBOOK = `
holdfast: 1
name: loud
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
steps:
  - id: lines
    run: |
      yes 'one line of the many that a verbose command writes when nobody has asked it to' | head -c ${megabytes}000000
      echo; echo 'the last of it'
  - id: endless
    run: |
      head -c ${megabytes}000000 /dev/zero | tr '\\0' x
      printf 'the last of it'
`;

await using house = await openHouse({ net: 73, hosts: 1, disk: '6G', runbooks: { 'loud.yaml': RUNBOOK } });
const { worker, pid: server } = await house.server();
const run = await house.start('loud');
for (const step of ['lines', 'endless']) {
  const began = performance.now();
  await started(step);
  const follower = house.spawn('logs', run, step, '-f');
  const printed = counted(follower);
  const most = { worker: 0, server: 0, follower: 0 };
  for (let over = false; !over; ) {
    over = (await outcomeOf(step)) !== 'running';
    most.worker = Math.max(most.worker, await residentMegabytes(worker.pid));
    most.server = Math.max(most.server, await residentMegabytes(server));
    most.follower = Math.max(most.follower, await residentMegabytes(follower.pid));
    await pause(200);
  }
  const seconds = secondsSince(began);
  if (follower.exitCode === null) await once(follower, 'close');
  const outcome = await outcomeOf(step);
  console.log(JSON.stringify({ step, outcome, seconds, followed: secondsSince(began), ...printed(), most }));
}
await house.reaches(run, 'succeeded');
const store = Math.round(
  (await stat(join(house.dataDir, 'ledger.db.logs')).catch(() => ({ size: 0 }))).size / 1e6,
);
console.log(JSON.stringify({ histories: await executionsOf(house, run), store }));

async function outcomeOf(step: string): Promise<string | undefined> {
  return (await house.view(run)).steps.find((one) => one.step === step)?.outcome;
}

async function started(step: string): Promise<void> {
  while ((await outcomeOf(step)) === undefined) await pause(20);
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 100) / 10;
}

/** How many bytes a process has printed, and the last of them. */
function counted(child: ChildProcess): () => { readonly printed: number; readonly last: string } {
  let printed = 0;
  let last = '';
  child.stdout?.on('data', (piece: Buffer) => {
    printed += piece.length;
    last = (last + piece.subarray(-200).toString()).slice(-200);
  });
  return () => ({ printed, last: last.slice(-60) });
}

/** VmRSS of proc(5). */
async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
