import { readFile, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Key, missingOn, writeKeys } from '../../lab/demo/keys.ts';
import { reach } from '../../lab/host.ts';
import { homeOf } from '../../lab/lab.ts';
import type { Entry } from '../../ledger/events.ts';
import type { House } from '../support/house.ts';
import { until } from '../support/processes.ts';
import type { Random } from './random.ts';
import { duplicatesOn, wrongAttempts } from './rebuildWitness.ts';
import { entriesOf, hostNamed, type Target, witnessLines } from './target.ts';

const HOSTS = ['etcd00', 'etcd01', 'etcd02'] as const;
const PATIENCE_MS = 600_000;
const LONGEST_DELAY_MS = 1_500;

/** Steps of the rebuild in their order, after whose start a worker is killed, and a delay that is drawn. */
const STEPS = [
  /^triage/,
  /^preflight$/,
  /^freeze$/,
  /^copy$/,
  /^rehearse$/,
  /^force$/,
  /^plain$/,
  /^join\[\w+\]\/register$/,
  /^join\[\w+\]\/start$/,
  /^join\[\w+\]\/promote$/,
  /^join\[\w+\]\/holds_the_same$/,
  /^settle$/,
  /^finish/,
] as const;

export type RebuildRound = {
  readonly survivor: string;
  /** What was running when the worker was killed. */
  readonly kills: readonly string[];
  readonly seconds: number;
  readonly scripts: number;
  readonly missing: readonly string[];
  readonly duplicates: readonly string[];
  readonly wrong: readonly string[];
  readonly status: string;
  readonly entries: readonly Entry[];
};

/** A new cluster, keys that all members hold, its quorum lost, and the rebuild, with so many kills on the way. */
export async function rebuildRound(
  base: Omit<Target, 'runs'>,
  random: Random,
  kills: number,
): Promise<RebuildRound> {
  const { house } = base;
  await fresh(base);
  await must(house, 'run', 'etcd/install', '--yes', '-m', 'crash');
  await must(house, 'run', 'etcd/bootstrap', '--yes', '-m', 'crash');
  const clients = house.lab.lab.hosts.map(({ address }) => `http://${address}:2379`);
  const kept = [
    ...(await writeKeys('v3', clients, 'kept/', 500)),
    ...(await writeKeys('v2', clients, 'kept-', 100)),
  ];
  if (kept.length !== 600) throw new Error(`${kept.length} of 600 keys were acknowledged`);
  await writeKeys('v3', clients, 'filler/', 100);
  await until('every member holds every key', async () =>
    (await missingAnywhere(clients, kept)).length === 0 ? true : undefined,
  );
  const survivor = random.pick(HOSTS);
  await destroy(house, survivor, clients);

  const began = performance.now();
  const shots = Array.from({ length: kills }, () => ({
    at: Math.floor(random.below(STEPS.length)),
    delay: random.below(LONGEST_DELAY_MS),
  })).sort((one, other) => one.at - other.at);
  const run =
    (await must(house, 'run', 'etcd/rebuild', '--yes', '--detach', '-m', 'crash'))
      .trim()
      .split(/\s+/)
      .at(-1) ?? '';
  const target = { ...base, runs: [run] };
  const [struck, status] = await Promise.all([shoot(target, run, shots), seenThrough(target, run)]);
  const seconds = (performance.now() - began) / 1000;

  const entries = await entriesOf(target, run);
  const duplicates: string[] = [];
  let scripts = 0;
  for (const host of HOSTS) {
    const lines = await witnessLines(target, run, host);
    scripts += lines.filter((line) => line.endsWith('/output')).length;
    duplicates.push(...duplicatesOn(host, lines, entries));
  }
  const forced = await forcedStarts(target);
  return {
    survivor,
    kills: struck,
    seconds,
    scripts,
    missing: await missingAnywhere(clients, kept),
    duplicates: [...duplicates, ...(forced === 1 ? [] : [`${forced} forced starts in etcd's own logs`])],
    wrong: wrongAttempts(entries),
    status,
    entries,
  };
}

/** No member and nothing of one on any host. */
async function fresh({ house, ...base }: Omit<Target, 'runs'>): Promise<void> {
  for (const host of HOSTS) {
    await house.lab.break({ kind: 'kill', host, process: 'etcd' }).catch(() => undefined);
    const lab = hostNamed({ ...base, house, runs: [] }, host);
    await rm(await reach(lab, `${homeOf(lab)}/apps`), { recursive: true, force: true });
  }
}

/** As in the demo: a disk runs full under the writes of the others, and these are killed and lose their data. */
async function destroy(
  house: House,
  survivor: (typeof HOSTS)[number],
  clients: readonly string[],
): Promise<void> {
  const at = HOSTS.indexOf(survivor);
  const client = clients[at] ?? '';
  const others = clients.filter((_, index) => index !== at);
  await house.lab.break({ kind: 'full-disk', host: survivor });
  for (let round = 0; await serves(client); round++) await writeKeys('v3', others, `late/${round}/`, 25);
  for (const host of HOSTS.filter((one) => one !== survivor)) {
    await house.lab.break({ kind: 'kill', host, process: 'etcd' });
    await house.lab.break({ kind: 'lose-data', host });
  }
  await house.lab.break({ kind: 'free-disk', host: survivor });
}

async function serves(client: string): Promise<boolean> {
  return fetch(`${client}/version`, { signal: AbortSignal.timeout(1_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function shoot(
  target: Target,
  run: string,
  shots: readonly { readonly at: number; readonly delay: number }[],
): Promise<readonly string[]> {
  const struck: string[] = [];
  for (const { at, delay } of shots) {
    const step = STEPS[at] ?? /./;
    const seen = await until(
      `${step} has started`,
      async () => {
        const entries = await entriesOf(target, run);
        if (entries.some((entry) => entry.kind === 'step.started' && step.test(entry.data.step)))
          return 'started';
        return entries.some(({ kind }) => kind === 'run.ended' || kind === 'run.held') ? 'over' : undefined;
      },
      PATIENCE_MS,
    );
    if (seen === 'over') continue;
    await pause(delay);
    const [now] = runningSteps(await entriesOf(target, run)).slice(-1);
    await target.house.killWorker();
    struck.push(now ?? `after ${String(step)}`);
  }
  return struck;
}

function runningSteps(entries: readonly Entry[]): readonly string[] {
  const running = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'step.started') running.add(entry.data.step);
    if (entry.kind === 'step.ended') running.delete(entry.data.step);
  }
  return [...running];
}

/** Approves what asks, until the run ends, holds, or has stood still for long. */
async function seenThrough(target: Target, run: string): Promise<string> {
  const { house } = target;
  return until(
    `${run} ends`,
    async () => {
      const now = await house.view(run).catch(() => undefined);
      if (now === undefined) return undefined;
      if (now.ended_at !== undefined || now.status === 'held')
        return now.status === 'succeeded'
          ? now.status
          : `${now.status}: ${now.why ?? now.held[0]?.why ?? ''}`;
      const [gate] = now.gates;
      if (gate !== undefined) await house.holdfast('approve', run, '--step', gate.step, '-m', 'yes');
      else await pause(100);
      return undefined;
    },
    PATIENCE_MS,
  ).catch(async () => {
    const entries = await entriesOf(target, run);
    const last = entries.at(-1);
    const still = ((Date.now() - (last?.at ?? 0)) / 1000).toFixed(0);
    return `stuck in ${runningSteps(entries).join(', ')}; last entry ${last?.kind}, ${still} s ago`;
  });
}

/** How often etcd itself says that it was forced, on all hosts: each start of a member writes into one log. */
async function forcedStarts(target: Target): Promise<number> {
  let count = 0;
  for (const name of HOSTS) {
    const host = hostNamed(target, name);
    const log = await readFile(await reach(host, `${homeOf(host)}/apps/etcd/logs/etcd.log`), 'utf8');
    count += log.match(/forcing restart of member|"force-new-cluster":true/g)?.length ?? 0;
  }
  return count;
}

async function missingAnywhere(clients: readonly string[], kept: readonly Key[]): Promise<readonly string[]> {
  const missing = await Promise.all(
    clients.map(async (client) => (await missingOn(client, kept)).map(({ name }) => `${name} on ${client}`)),
  );
  return missing.flat();
}

async function must(house: House, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await house.holdfast(...args);
  if (code !== 0) throw new Error(`holdfast ${args.join(' ')} exited with ${code}: ${stderr}${stdout}`);
  return stdout;
}
