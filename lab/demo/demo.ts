import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HoldfastError } from '../../plan/errors.ts';
import { findProgram } from '../../toolbox/findProgram.ts';
import { type Lab, labFolder } from '../lab.ts';
import { labBreak } from '../labBreak.ts';
import { labDown } from '../labDown.ts';
import { labUp } from '../labUp.ts';
import { type Key, missingOn, writeKeys } from './keys.ts';
import { type RunState, Stage, teller } from './stage.ts';

/**
 * From nothing to a rebuilt cluster: three members of etcd on three hosts, a full disk, two machines lost, and
 * etcd/rebuild, whose worker is killed twice on the way. Every acknowledged key is looked for on every member.
 */
/** Addresses of its own, so that a lab that is up goes on beside it. */
const HOSTS = ['etcd00', 'etcd01', 'etcd02'].map((name, at) => ({ name, address: `127.81.1.${at + 3}` }));

const { values } = parseArgs({
  options: { etcd: { type: 'string', default: '3.4' }, down: { type: 'boolean', default: false } },
});
const dataDir = resolve(process.env.HOLDFAST_DATA ?? '.holdfast/demo');
const stage = new Stage(dataDir);
const dir = labFolder({ ...process.env, HOLDFAST_DATA: dataDir });
const say = teller();

try {
  if (values.down) await takeDown();
  else await tell();
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.error(`\n${error.message}\nNext: ${error.mend}\nTo clean up: npm run demo -- --down`);
  process.exitCode = 1;
}

async function tell(): Promise<void> {
  await takeDown();
  say(
    'Looking for the programs that this needs: Temporal, sshd, etcd (fetched once, where they are not here).',
  );
  for (const name of ['temporal', 'sshd'] as const) await findProgram(name, undefined, { progress: say });
  const lab = await labUp({ dir, hosts: HOSTS, etcdVersion: values.etcd, progress: say });
  const [first, second, third] = lab.hosts;
  if (!first || !second || !third) throw new Error('three hosts were asked for');
  say(
    `Three hosts are up, each with an sshd, a home and a disk of its own: ${lab.hosts.map((host) => `${host.name} (${host.address})`).join(', ')}.`,
  );
  await stage.up();
  say(`holdfast up: ${stage.server()?.url}`);

  await stage.must('run', 'etcd/install', '--yes');
  await stage.must('run', 'etcd/bootstrap', '--yes');
  say(
    `etcd ${lab.etcd?.version} runs on all three, installed and started by etcd/install and etcd/bootstrap.`,
  );
  const clients = lab.hosts.map((host) => `http://${host.address}:2379`);
  const kept = [
    ...(await writeKeys('v3', clients, 'demo/', 500)),
    ...(await writeKeys('v2', clients, 'demo-', 100)),
  ];
  while (
    (await Promise.all(clients.map((client) => missingOn(client, kept)))).some(
      (missing) => missing.length > 0,
    )
  )
    await pause(50);
  say(`${kept.length} keys written and acknowledged (500 of v3, 100 of v2).`);

  await labBreak({ kind: 'full-disk', host: first.name }, { dir });
  const onTwo = await writeUntilFull(clients);
  say(
    `The disk of ${first.name} is full: its etcd is gone. ${onTwo.length} more keys were acknowledged by the other two alone.`,
  );
  for (const host of [second, third]) {
    await labBreak({ kind: 'kill', host: host.name, process: 'etcd' }, { dir });
    await labBreak({ kind: 'lose-data', host: host.name }, { dir });
  }
  say(`${second.name} and ${third.name}: killed with -9, their data and WAL are lost. The quorum is gone.`);

  const triage = await stage.start('etcd/triage');
  const verdict = await ended(triage);
  say(
    `etcd/triage says: ${String(verdict.outputs?.verdict)}, mended by ${String(verdict.outputs?.runbook)}.`,
  );
  await labBreak({ kind: 'free-disk', host: first.name }, { dir });
  say(`There is room again on ${first.name}. Starting etcd/rebuild.`);

  const rebuildStarted = Date.now();
  const run = await stage.start('etcd/rebuild', '-m', 'The quorum is lost: one disk full, two lost.');
  const end = await accompany(run);
  if (end.status !== 'succeeded')
    throw new HoldfastError(
      'demo/rebuild',
      `The rebuild ended ${end.status}: ${end.why ?? ''}`,
      `HOLDFAST_DATA=${dataDir} bin/holdfast show ${run}`,
    );
  say(
    `etcd/rebuild succeeded in ${((Date.now() - rebuildStarted) / 1000).toFixed(1)} s, with its worker killed twice.`,
  );
  await checkKeys(lab, clients, kept, onTwo);
  await showRecord(run);
  farewell(run);
}

/** The writes themselves bring the member with the full disk down; those that the other two acknowledge are theirs alone. */
async function writeUntilFull(clients: readonly string[]): Promise<readonly Key[]> {
  const [first = '', ...others] = clients;
  for (let round = 0; round < 200; round++) {
    await writeKeys('v3', others, `filler/${round}/`, 25);
    if (!(await serves(first))) return writeKeys('v3', others, 'late/', 20);
  }
  throw new HoldfastError(
    'demo/disk',
    'The member with the full disk goes on writing.',
    'Run the demo again; if it stays so, lab break full-disk does not work here.',
  );
}

async function serves(client: string): Promise<boolean> {
  return fetch(`${client}/version`, { signal: AbortSignal.timeout(1_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Follows the rebuild as a person would: answers its gates, and kills the worker in two bad moments. */
async function accompany(run: string): Promise<RunState> {
  const moments = [
    { step: /^rehearse$/, says: 'in the middle of a remote command (rehearse)' },
    { step: /^join\[[^\]]*\]\/start$/, says: 'in the middle of a join' },
  ];
  const told = new Set<string>();
  for (;;) {
    const state = await stage.show(run);
    for (const { step, outcome, choice } of state.steps) {
      if (outcome === 'running' || told.has(step)) continue;
      told.add(step);
      say(`  ${step}: ${outcome}${choice ? ` (${choice})` : ''}`);
    }
    const [gate] = state.gates;
    if (gate) {
      say(`  ${gate.step} asks: ${gate.ask} Approved.`);
      await stage.must('approve', run, '--step', gate.step, '-m', 'Seen: the quorum is lost, there is room.');
      continue;
    }
    const now = state.steps.find(
      (step) => step.outcome === 'running' && moments.some((moment) => moment.step.test(step.step)),
    );
    const moment = moments.find((one) => now && one.step.test(now.step));
    if (moment) {
      moments.splice(moments.indexOf(moment), 1);
      await stage.killWorker();
      say(`  kill -9 of the worker ${moment.says}; another one goes on.`);
    }
    if (isOver(state)) return state;
    await pause(150);
  }
}

async function ended(run: string): Promise<RunState> {
  for (;;) {
    const state = await stage.show(run);
    if (isOver(state)) return state;
    await pause(150);
  }
}

function isOver({ status }: RunState): boolean {
  return !['requested', 'queued', 'running', 'waiting', 'paused'].includes(status);
}

async function checkKeys(
  lab: Lab,
  clients: readonly string[],
  kept: readonly Key[],
  onTwo: readonly Key[],
): Promise<void> {
  for (const [at, client] of clients.entries()) {
    const missing = await missingOn(client, kept);
    const name = lab.hosts[at]?.name ?? client;
    if (missing.length > 0)
      throw new HoldfastError(
        'demo/keys',
        `${name} lacks ${missing.length} of ${kept.length} keys, ${missing[0]?.name} first.`,
        `Look at ${client}.`,
      );
    say(`${name}: all ${kept.length} keys are there.`);
  }
  const lost = await missingOn(clients[0] ?? '', onTwo);
  say(
    `Lost: ${lost.length} of the ${onTwo.length} keys that only the two dead disks held. No copy of them is left anywhere.`,
  );
}

async function showRecord(run: string): Promise<void> {
  const lines = (await stage.must('audit', 'log', '--run', run, '-n', '1000', '-o', 'json'))
    .trim()
    .split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { readonly kind: string });
  const count = (kind: string) => entries.filter((entry) => entry.kind === kind).length;
  say(
    `The record of it has ${entries.length} entries: ${count('attempt.started')} commands started, ${count('attempt.ended')} ended, ${count('gate.opened')} gates, ${count('operator.applied')} answers.`,
  );
}

function farewell(run: string): void {
  const command = `HOLDFAST_DATA=${dataDir} bin/holdfast`;
  console.log(`
It all runs on, to be looked at:
  ${command} show ${run}           what was done, on which host, how long
  ${command} logs ${run} rehearse  what a step printed
  ${command} audit log --run ${run}  every entry of the record
  ${command} plan etcd/rebuild     what a rebuild would do
To clean up: npm run demo -- --down`);
}

async function takeDown(): Promise<void> {
  const pid = stage.server()?.pid;
  if (pid !== undefined) await endServer(pid);
  if (await labDown({ dir })) say('The lab of an earlier demo is taken down.');
}

async function endServer(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM');
    while (stage.server() !== undefined) {
      process.kill(pid, 0);
      await pause(50);
    }
    say('The Holdfast of an earlier demo is ended.');
  } catch {
    // It was gone already; what it left says so only.
  }
}
