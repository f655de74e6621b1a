import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { dataConverter } from '../worker/payloads.ts';
import { HISTORIES, RUNBOOKS, SCRIPTS } from './histories/scripts.ts';
import { scrubbed } from './histories/scrub.ts';
import { openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

/**
 * Records golden histories anew (all, or those named): runs each script on real parts, and writes the history of the run that ended as JSON. To be
 * called only where the interpreter changed in a way that no open run can meet (workflows/README.md); otherwise the old
 * histories are what keeps it honest.
 */
await mkdir(HISTORIES, { recursive: true });
await using house = await openHouse({ net: 24, hosts: 2, runbooks: RUNBOOKS });
const connection = await Connection.connect({ address: (await house.server()).temporal.address });
const client = new Client({ connection, dataConverter });
const names = [
  [house.lab.dir, '/lab'],
  [house.dataDir, '/data'],
  [`@${hostname()}`, '@a-host'],
] as const;

const wanted = process.argv.slice(2);
for (const script of SCRIPTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const run = await house.start(script.runbook, { inputs: script.inputs ?? {} });
  for (const { when, at, ask, body, onHosts } of script.asks) {
    await house.reaches(run, when);
    if (at !== undefined) await runs(run, at);
    for (const { name } of onHosts === undefined ? [] : house.lab.lab.hosts)
      await house.lab.ssh(name, onHosts ?? '');
    await (await house.api()).post(`/api/runs/${run}/${ask}`, { reason: 'recorded', ...body }, randomUUID());
  }
  await house.reaches(run, script.ends);
  // The ledger knows of the end before the workflow has given back its locks.
  const workflow = client.workflow.getHandle(run);
  await workflow.result();
  const history = await workflow.fetchHistory();
  const json = await scrubbed(JSON.parse(historyToJSON(history)), names);
  const file = join(HISTORIES, `${script.name}.json`);
  const text = `${JSON.stringify({ run, history: json }, undefined, 2)}\n`;
  await writeFile(file, text);
  console.log(`${script.name}: ${history.events?.length ?? 0} events, ${Math.round(text.length / 1024)} KB`);
}
await connection.close();

/** Every host of the step runs its command, for so long that a follower has it. */
async function runs(run: string, step: string): Promise<void> {
  await until(`${step} runs`, async () => {
    const cells = (await house.view(run)).steps.find((one) => one.step === step)?.hosts ?? [];
    return cells.length > 0 && cells.every(({ outcome }) => outcome === 'running') ? true : undefined;
  });
  await pause(2_500);
}
