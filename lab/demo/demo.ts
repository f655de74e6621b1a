import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HoldfastError } from '../../plan/errors.ts';
import { findProgram } from '../../toolbox/findProgram.ts';
import { type Lab, labFolder } from '../lab.ts';
import { labBreak } from '../labBreak.ts';
import { labDown } from '../labDown.ts';
import { labUp } from '../labUp.ts';
import { type Key, missingOn, writeKeys } from './keys.ts';
import { atTimes, type RunState, Stage, teller } from './stage.ts';

/**
 * From nothing to a rebuilt cluster: three members of etcd on three hosts, a full disk, two machines lost, and
 * etcd/rebuild, whose worker is killed twice on the way. Every acknowledged key is looked for on every member.
 */
/** Addresses of its own, so that a lab that is up goes on beside it. */
const HOSTS = ['etcd00', 'etcd01', 'etcd02'].map((name, at) => ({ name, address: `127.81.1.${at + 3}` }));

const { values } = parseArgs({
  options: { etcd: { type: 'string', default: '3.4' }, down: { type: 'boolean', default: false } },
});
/** Always this one, whatever HOLDFAST_DATA says: the demo ends what is up in its folder, and removes it. */
const dataDir = fileURLToPath(new URL('../../.holdfast/demo', import.meta.url));
const stage = new Stage(dataDir);
const dir = labFolder({ ...process.env, HOLDFAST_DATA: dataDir });
const say = teller();

try {
  if (values.down) {
    await takeDown();
    say('Nothing of the demo is left.');
  } else await tell();
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.error(`\n${error.message}\nNext: ${error.mend}\nTo clean up: npm run demo -- --down`);
  process.exitCode = 1;
}

async function tell(): Promise<void> {
  await takeDown();
  mkdirSync(join(dataDir, 'runbooks'), { recursive: true });
  say('Looking for Temporal, sshd and etcd: on this machine, in the cache, else fetched (once).');
  for (const name of ['temporal', 'sshd'] as const)
    await findProgram(name, undefined, { progress: atTimes(say) });
  const lab = await labUp({ dir, hosts: HOSTS, etcdVersion: values.etcd, progress: unlessCounting });
  const [first, second, third] = lab.hosts;
  if (!first || !second || !third) throw new Error('three hosts were asked for');
  const addresses = lab.hosts.map(({ name, address }) => `${name} (${address})`).join(', ');
  say(`Three hosts, each with its own sshd, home and disk: ${addresses}.`);
  say('Starting Holdfast with a Temporal of its own: holdfast up');
  await stage.up();

  say(`A cluster of etcd ${lab.etcd?.version}: holdfast run etcd/install, holdfast run etcd/bootstrap`);
  await stage.must('run', 'etcd/install', '--yes');
  await stage.must('run', 'etcd/bootstrap', '--yes');
  const clients = lab.hosts.map((host) => `http://${host.address}:2379`);
  const kept = await writeBothKinds(clients);
  say(`${kept.length} keys are written and acknowledged: 500 of v3, 100 of v2.`);

  say(`Now the bad night. The disk of ${first.name} runs full.`);
  await labBreak({ kind: 'full-disk', host: first.name }, { dir });
  const onTwo = await writeUntilFull(clients);
  say(`Its etcd has ended. ${onTwo.length} more keys are acknowledged by the other two alone.`);
  for (const host of [second, third]) {
    await labBreak({ kind: 'kill', host: host.name, process: 'etcd' }, { dir });
    await labBreak({ kind: 'lose-data', host: host.name }, { dir });
  }
  say(`${second.name} and ${third.name} are killed with -9, and their data and WAL are lost.`);

  say('What is wrong? holdfast run etcd/triage');
  const verdict = await ended(await stage.start('etcd/triage'));
  say(`  ${String(verdict.outputs?.verdict)}: to be mended by ${String(verdict.outputs?.runbook)}`);
  await labBreak({ kind: 'free-disk', host: first.name }, { dir });
  say(`There is room again on ${first.name}. holdfast run etcd/rebuild`);

  const rebuildStarted = Date.now();
  const run = await stage.start('etcd/rebuild', '-m', 'The quorum is lost: one disk full, two lost.');
  const end = await accompany(run);
  if (end.status !== 'succeeded')
    throw new HoldfastError(
      'demo/rebuild',
      `The rebuild ended ${end.status}: ${end.why ?? ''}`,
      `HOLDFAST_DATA=${dataDir} bin/holdfast show ${run}`,
    );
  const seconds = ((Date.now() - rebuildStarted) / 1000).toFixed(1);
  say(`Rebuilt in ${seconds} s, with the worker killed twice on the way.`);
  await checkKeys(lab, clients, kept, onTwo);
  await tellRecord(run);
  farewell();
}

/** The hosts are named a line later: no need to count them. */
function unlessCounting(line: string): void {
  if (!line.startsWith('hosts up:')) say(line);
}

/** Resolves when every member has them all. */
async function writeBothKinds(clients: readonly string[]): Promise<readonly Key[]> {
  const v3 = await writeKeys('v3', clients, 'demo/', 500);
  const kept = [...v3, ...(await writeKeys('v2', clients, 'demo-', 100))];
  for (;;) {
    const missing = await Promise.all(clients.map((client) => missingOn(client, kept)));
    if (missing.every((keys) => keys.length === 0)) return kept;
    await pause(50);
  }
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
    { step: /^rehearse$/, says: 'while etcd00 rehearses its copy' },
    { step: /^join\[[^\]]*\]\/start$/, says: 'while a member joins' },
  ];
  const told = new Set<string>();
  for (;;) {
    const state = await stage.show(run);
    for (const { step, title, outcome } of state.steps) {
      if (outcome === 'running' || told.has(step) || !isChapter(step)) continue;
      told.add(step);
      say(`  ${outcome.padEnd(9)}  ${title}`);
    }
    const [gate] = state.gates;
    if (gate) {
      say(`  asks       ${gate.ask} The demo says yes: holdfast approve`);
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
      say(`  KILL -9    of the worker, ${moment.says}. Another one takes over.`);
    }
    if (isOver(state)) return state;
    await pause(150);
  }
}

/** Steps of the runbook itself and each turn of its loops: what is inside them goes by without a word. */
function isChapter(step: string): boolean {
  return !step.includes('/') && step !== 'join' && step !== 'copies_differ' && step !== 'go_ahead';
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
  }
  say(`Each of the three members gives back all ${kept.length} keys as they were written.`);
  const lost = await missingOn(clients[0] ?? '', onTwo);
  say(
    `Lost are ${lost.length} of the ${onTwo.length} keys that the two dead disks held alone: there is no other copy.`,
  );
}

/** Says from the record that each command was started once, on each host. */
async function tellRecord(run: string): Promise<void> {
  const printed = await stage.must('audit', 'log', '--run', run, '-n', '10000', '-o', 'json');
  const entries = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedEntry);
  const jobs = entries.flatMap(({ kind, data }) =>
    kind === 'attempt.started' && data.job ? [data.job] : [],
  );
  const more = jobs.length - new Set(jobs).size;
  say(
    `The record has ${entries.length} entries. ${jobs.length} commands were started on hosts, ${more === 0 ? 'each of them once' : `${more} of them again`}.`,
  );
}

type RecordedEntry = { readonly kind: string; readonly data: { readonly job?: string } };

function farewell(): void {
  console.log(`
All of it still runs. To look at it, once in this terminal:
  export HOLDFAST_DATA='${dataDir}' PATH="$PWD/bin:$PATH"
Then:
  holdfast show                   the rebuild on one page
  holdfast show --report          what it found, for a report
  holdfast audit log --run @last  every entry of its record
  holdfast plan etcd/rebuild      what another rebuild would do
  holdfast lab status             the hosts, and holdfast lab break … to break them
To clean up: npm run demo -- --down`);
}

/** Ends what an earlier demo left up, and removes its folder: runs that it left open hold no locks in this one. */
async function takeDown(): Promise<void> {
  const pid = stage.server()?.pid;
  if (pid !== undefined) await endServer(pid);
  if (await labDown({ dir })) say('The lab of an earlier demo is taken down.');
  rmSync(dataDir, { recursive: true, force: true });
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
