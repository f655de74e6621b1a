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
import { entriesOf, type Ground, hostNamed, witnessLines } from './target.ts';

export const HOSTS = ['etcd00', 'etcd01', 'etcd02'] as const;
export type Survivor = (typeof HOSTS)[number];
export const STRATEGIES = ['grow', 'snapshot'] as const;
export type Strategy = (typeof STRATEGIES)[number];
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

/** When the worker is killed: so long after a step has started, or ended. */
export type Strike = {
  readonly after: 'step.started' | 'step.ended';
  readonly step: RegExp;
  readonly delay: number;
};

/** So many at steps and with delays that are drawn. */
export function drawnStrikes(random: Random, kills: number): readonly Strike[] {
  return Array.from({ length: kills }, () => Math.floor(random.below(STEPS.length)))
    .sort((one, other) => one - other)
    .map((at) => ({
      after: 'step.started',
      step: STEPS[at] ?? /./,
      delay: random.below(LONGEST_DELAY_MS),
    }));
}

/** One at each boundary of a record: as each step has started, before anything of it is, and as the last one has ended. */
export function boundariesOf(entries: readonly Entry[]): readonly Strike[] {
  const named = (kind: 'step.started' | 'step.ended') =>
    entries.flatMap((entry) => (entry.kind === kind ? [entry.data.step] : []));
  const started = [...new Set(named('step.started'))];
  const last = named('step.ended').at(-1);
  return [
    ...started.map((step) => ({ after: 'step.started', step: exactly(step), delay: 0 }) as const),
    ...(last === undefined ? [] : [{ after: 'step.ended', step: exactly(last), delay: 0 } as const]),
  ];
}

function exactly(step: string): RegExp {
  return new RegExp(`^${step.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}

export type RebuildRound = {
  readonly survivor: string;
  /** What was running when the worker was killed. */
  readonly kills: readonly string[];
  readonly seconds: number;
  readonly scripts: number;
  readonly missing: readonly string[];
  /** What a member holds otherwise than the first one, in the end. */
  readonly unequal: readonly string[];
  readonly duplicates: readonly string[];
  readonly wrong: readonly string[];
  readonly status: string;
  readonly entries: readonly Entry[];
};

/** A new cluster, keys that all members hold, all but the survivor lost, and the rebuild, with kills on the way. */
export async function rebuildRound(
  base: Ground,
  survivor: Survivor,
  strategy: Strategy,
  strikes: readonly Strike[],
): Promise<RebuildRound> {
  const { house } = base;
  await fresh(base);
  await must(house, 'run', 'etcd/install', '--yes', '-m', 'crash');
  await must(house, 'run', 'etcd/bootstrap', '--yes', '-m', 'crash');
  const clients = house.lab.lab.hosts.map(({ address }) => `http://${address}:2379`);
  // A snapshot leaves v2 keys out, so the runbook refuses it where there are some.
  const v2 = strategy === 'grow' ? 100 : 0;
  const kept = [
    ...(await writeKeys('v3', clients, 'kept/', 500)),
    ...(await writeKeys('v2', clients, 'kept-', v2)),
  ];
  if (kept.length !== 500 + v2) throw new Error(`${kept.length} of ${500 + v2} keys were acknowledged`);
  await writeKeys('v3', clients, 'filler/', 100);
  await until('every member holds every key', async () =>
    (await missingAnywhere(clients, kept)).length === 0 ? true : undefined,
  );
  await destroy(house, survivor, clients);

  const began = performance.now();
  const run =
    (
      await must(
        house,
        ...['run', 'etcd/rebuild', '-i', `strategy=${strategy}`],
        ...['--yes', '--detach', '-m', 'crash'],
      )
    )
      .trim()
      .split(/\s+/)
      .at(-1) ?? '';
  const [struck, status] = await Promise.all([shoot(base, run, strikes), seenThrough(base, run)]);
  const seconds = (performance.now() - began) / 1000;

  const entries = await entriesOf(base, run);
  const duplicates: string[] = [];
  let scripts = 0;
  for (const host of HOSTS) {
    const lines = await witnessLines(base, run, host);
    scripts += lines.filter((line) => line.endsWith('/output')).length;
    duplicates.push(...duplicatesOn(host, lines, entries));
  }
  const forced = await forcedStarts(base);
  const mayForce = strategy === 'grow' ? 1 : 0;
  return {
    survivor,
    kills: struck,
    seconds,
    scripts,
    missing: await missingAnywhere(clients, kept),
    unequal: await unequal(clients),
    duplicates: [
      ...duplicates,
      ...(forced === mayForce ? [] : [`${forced} forced starts in etcd's own logs`]),
    ],
    wrong: wrongAttempts(entries),
    status,
    entries,
  };
}

/** No member and nothing of one on any host. */
async function fresh({ house }: Ground): Promise<void> {
  for (const host of HOSTS) {
    await house.lab.break({ kind: 'kill', host, process: 'etcd' }).catch(() => undefined);
    const lab = hostNamed({ house }, host);
    await rm(await reach(lab, `${homeOf(lab)}/apps`), { recursive: true, force: true });
  }
}

/** As in the demo: a disk runs full under the writes of the others, and these are killed and lose their data. */
async function destroy(house: House, survivor: Survivor, clients: readonly string[]): Promise<void> {
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

async function shoot(ground: Ground, run: string, strikes: readonly Strike[]): Promise<readonly string[]> {
  const struck: string[] = [];
  for (const { after, step, delay } of strikes) {
    const seen = await until(
      `${step} is there (${after})`,
      async () => {
        const entries = await entriesOf(ground, run);
        if (entries.some((entry) => entry.kind === after && step.test(entry.data.step))) return 'there';
        return entries.some(({ kind }) => kind === 'run.ended' || kind === 'run.held') ? 'over' : undefined;
      },
      PATIENCE_MS,
    );
    if (seen === 'over') continue;
    if (delay > 0) await pause(delay);
    const [now] = runningSteps(await entriesOf(ground, run)).slice(-1);
    await ground.house.killWorker();
    struck.push(now ?? `after ${step.source}`);
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
async function seenThrough(ground: Ground, run: string): Promise<string> {
  const { house } = ground;
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
    const entries = await entriesOf(ground, run);
    const last = entries.at(-1);
    const still = ((Date.now() - (last?.at ?? 0)) / 1000).toFixed(0);
    return `stuck in ${runningSteps(entries).join(', ')}; last entry ${last?.kind}, ${still} s ago`;
  });
}

/** How often etcd itself says that it was forced, on all hosts: each start of a member writes into one log. */
async function forcedStarts(ground: Ground): Promise<number> {
  let count = 0;
  for (const name of HOSTS) {
    const host = hostNamed(ground, name);
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

/** Everything under v3 as each member itself holds it, with versions and revisions, is that of the first. */
async function unequal(clients: readonly string[]): Promise<readonly string[]> {
  const held = await Promise.all(clients.map(everything));
  return clients.filter((_, at) => held[at] !== held[0]);
}

async function everything(client: string): Promise<string> {
  // From NUL to NUL: all keys (etcd's API, RangeRequest). Serializable: asked of this member alone.
  const body = JSON.stringify({ key: 'AA==', range_end: 'AA==', serializable: true });
  const answer = await fetch(`${client}/v3/kv/range`, { method: 'POST', body });
  const { kvs } = (await answer.json()) as { readonly kvs?: unknown };
  return JSON.stringify(kvs);
}

async function must(house: House, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await house.holdfast(...args);
  if (code !== 0) throw new Error(`holdfast ${args.join(' ')} exited with ${code}: ${stderr}${stdout}`);
  return stdout;
}
