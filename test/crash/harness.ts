import { notInModel } from '../../activities/jobs/trace.ts';
import { hostName, runId } from '../../plan/ids.ts';
import { until } from '../support/processes.ts';
import { judged, wrongInRecord } from './judge.ts';
import { type Killed, MAY_LOSE_A_FATE, ON_HOSTS, strike } from './killers.ts';
import { aim } from './moments.ts';
import { seenThrough } from './person.ts';
import { type Random, seeded } from './random.ts';
import { LINES, OUTPUT } from './scenario.ts';
import { type Shot, shuffled, type Volley } from './shots.ts';
import { entriesOf, type Ground, type Target, witnessLines } from './target.ts';
import { seeBoots, tracesOf } from './traces.ts';
import type { Watcher } from './watcher.ts';

/** What became of one shot. What went wrong in a round stands with the shot at that step, or with the last one. */
export type Struck = Shot & {
  /** Things that were killed: of what is on hosts, one on each of several. */
  readonly kills: number;
  /** Runs that were under way when it struck, and commands that stood exactly at the moment. */
  readonly runs: number;
  readonly there: number;
  readonly duplicates: readonly string[];
  readonly losses: readonly string[];
  readonly unknown: number;
  readonly wrong: readonly string[];
};

export type Round = {
  readonly struck: readonly Struck[];
  readonly commands: number;
  /** Commands whose steps were held against the model. */
  readonly traces: number;
  readonly seconds: number;
};

type Faults = {
  readonly duplicates: string[];
  readonly losses: string[];
  readonly wrong: string[];
  /** By line. */
  readonly unknown: string[];
};

/** Which hosts each run of a round has: as many runs as hosts but one, which has two. */
export function crewsOf(hosts: readonly string[]): readonly (readonly string[])[] {
  const [first, second, ...others] = hosts;
  const pair = [first, second].filter((name) => name !== undefined);
  return [pair, ...others.map((name) => [name])];
}

/** Starts the runs, kills at each moment of the volley, lets them end, and judges what became of them. */
export async function round(
  ground: Ground,
  watcher: Watcher,
  volley: Volley,
  struckAtOnce: number,
): Promise<Round> {
  const began = performance.now();
  const random = seeded(volley.seed);
  const crews = crewsOf(ground.house.lab.lab.hosts.map(({ name }) => name));
  const [last] = (await ground.ledger.read({ kinds: ['run.ended'] })).slice(-1);
  const runs: string[] = [];
  const open = new Set<string>();
  const runOn = (host: string) => runs[crews.findIndex((crew) => crew.includes(host))];
  const target: Target = { ...ground, watcher, runs, open, runOn };
  const boots = new Map<string, readonly string[]>();
  watcher.take();
  await seeBoots(ground, boots);

  const aims = volley.shots.map((shot) => ({
    shot,
    aimed: aim(target, shot.moment, shot.line, random, crews.flat().length),
  }));
  watcher.holdWith((told) => aims.map(({ aimed }) => aimed.holder(told)).find((held) => held !== undefined));
  for (const crew of crews) {
    const run = await ground.house.start('crash', { inputs: { hosts: crew.join(',') } });
    runs.push(run);
    open.add(run);
  }
  const hits: {
    readonly shot: Shot;
    readonly kills: number;
    readonly runs: number;
    readonly there: number;
  }[] = [];
  async function fire(): Promise<void> {
    for (const { shot, aimed } of aims) {
      const there = await aimed.met();
      const hosts = victims(shot.killed, there, crews.flat(), struckAtOnce, random);
      const alive = open.size;
      const bringBack = await strike(target, shot.killed, hosts);
      await aimed.release();
      await bringBack();
      await seeBoots(ground, boots);
      const kills = ON_HOSTS.includes(shot.killed) ? hosts.length : 1;
      hits.push({ shot, kills, runs: alive, there: there.length });
    }
  }
  await Promise.all([seenThrough(target, open, last?.seq ?? 0), fire()]);

  const faults = await judgedRuns(target, crews);
  const traces = tracesOf(watcher.take(), boots);
  for (const { of, observed, boots: had } of traces) {
    const first = notInModel(observed, had);
    if (first === undefined) continue;
    const all = observed.map((one) => `\n        ${JSON.stringify(one)}`).join('');
    faults.wrong.push(`${of} is no trace of the model: ${first}\n        boots ${had.join()}${all}`);
  }
  const fateful = volley.shots.some(({ killed }) => MAY_LOSE_A_FATE.includes(killed));
  if (faults.unknown.length > 0 && !fateful)
    faults.wrong.push(`unknown without a cause: ${faults.unknown.join()}`);
  return {
    struck: hits.map(({ shot, ...counts }, at) => ({ ...shot, ...counts, ...shareOf(faults, at, hits) })),
    commands: LINES.length * crews.flat().length,
    traces: traces.length,
    seconds: (performance.now() - began) / 1000,
  };
}

/** What of a round's faults stands with one of its shots. */
function shareOf(
  faults: Faults,
  at: number,
  hits: readonly { readonly shot: Shot }[],
): Pick<Struck, 'duplicates' | 'losses' | 'wrong' | 'unknown'> {
  const lines = hits.map(({ shot }) => shot.line);
  const fateful = hits.findLastIndex(({ shot }) => MAY_LOSE_A_FATE.includes(shot.killed));
  const mine = (text: string) => {
    const named = lines.findIndex((line) => text.includes(line));
    return (named === -1 ? lines.length - 1 : named) === at;
  };
  return {
    duplicates: faults.duplicates.filter(mine),
    losses: faults.losses.filter(mine),
    wrong: faults.wrong.filter(mine),
    unknown: faults.unknown.filter((line) => {
      const named = hits.findIndex(({ shot }) => shot.line === line && MAY_LOSE_A_FATE.includes(shot.killed));
      return (named === -1 ? fateful : named) === at;
    }).length,
  };
}

async function judgedRuns(target: Target, crews: readonly (readonly string[])[]): Promise<Faults> {
  const faults: Faults = { duplicates: [], losses: [], wrong: [], unknown: [] };
  for (const [at, run] of target.runs.entries()) {
    const entries = await entriesOf(target, run);
    faults.wrong.push(...wrongInRecord(entries, crews[at] ?? []), ...(await wrongInLogs(target, run)));
    for (const host of crews[at] ?? []) {
      const lines = await witnessLines(target, run, host);
      const said = judged({ host, lines, entries });
      faults.duplicates.push(...said.duplicates);
      faults.losses.push(...said.losses);
      faults.unknown.push(...said.unknown);
    }
  }
  faults.wrong.push(...(await locksLeft(target)));
  return faults;
}

/** Hosts where a command stands at the moment, else any. */
function victims(
  killed: Killed,
  there: readonly { readonly host: string }[],
  all: readonly string[],
  most: number,
  random: Random,
): readonly string[] {
  if (!ON_HOSTS.includes(killed)) return [];
  const named = [...new Set(there.map(({ host }) => host).filter((host) => host !== ''))];
  return shuffled(named.length > 0 ? named.sort() : all, random).slice(0, most);
}

/** What a command said is stored whole and once, wherever its end was seen. */
async function wrongInLogs(target: Target, run: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const entry of await entriesOf(target, run)) {
    if (entry.kind !== 'attempt.ended' || entry.data.result.outcome !== 'succeeded') continue;
    const { host, generation } = entry.data.result;
    const key = { run: runId(run), step: entry.data.step, host: hostName(host), generation };
    const bytes = await target.ledger.logs.read({ ...key, stream: 'out' }, 0, 10_000);
    const text = Buffer.from(bytes).toString();
    if (text !== OUTPUT)
      wrong.push(`${entry.data.step} on ${host} is recorded to have said ${JSON.stringify(text)}`);
  }
  return wrong;
}

/** The locks go with the run's last act, which may come a moment after its end. */
async function locksLeft(target: Target): Promise<readonly string[]> {
  const held = async () => {
    const locks = await target.ledger.locks();
    return locks
      .filter((lock) => target.runs.includes(lock.run))
      .map(({ name, run }) => `${run} keeps ${name}`);
  };
  return until(
    'the locks are free',
    async () => ((await held()).length === 0 ? [] : undefined),
    20_000,
  ).catch(held);
}
