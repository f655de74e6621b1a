import { hostName, runId } from '../../plan/ids.ts';
import { until } from '../support/processes.ts';
import { judged, wrongInRecord } from './judge.ts';
import { KILLED, KILLERS, type Killed, MAY_LOSE_A_FATE } from './killers.ts';
import { MOMENTS, type Moment, ON_HOST, reached } from './moments.ts';
import { seenThrough } from './person.ts';
import type { Random } from './random.ts';
import { LINES, OUTPUT } from './scenario.ts';
import { entriesOf, type Target, witnessLines } from './target.ts';

/** The hosts of each run of a round: one kill meets two runs, of which one has two hosts. */
const CREWS = [['etcd00', 'etcd01'], ['etcd02']] as const;

export type Shot = { readonly killed: Killed; readonly moment: Moment; readonly line: string };

export type Round = Shot & {
  readonly host: string;
  readonly runs: number;
  readonly commands: number;
  readonly duplicates: readonly string[];
  readonly losses: readonly string[];
  readonly unknown: number;
  readonly wrong: readonly string[];
  readonly seconds: number;
};

/**
 * Which kill at which moment, for so many rounds: every thing that can be killed comes as often as every other, each
 * time at another moment, so that a short series has met them all and a long one every pair. What only matters while a
 * command runs strikes in the long one. `only` names what is killed, with commas; left out: everything.
 */
export function shots(rounds: number, random: Random, only = ''): readonly Shot[] {
  const named = KILLED.filter((name) => only === '' || only.split(',').includes(name));
  const first = Math.floor(random.below(MOMENTS.length));
  return Array.from({ length: rounds }, (_, at) => {
    const killed = named[at % named.length] ?? 'worker';
    const onHost = MAY_LOSE_A_FATE.includes(killed);
    const moments = onHost ? ON_HOST : MOMENTS;
    const turn = first + at + Math.floor(at / named.length);
    const moment = moments[turn % moments.length] ?? 'at random';
    return { killed, moment, line: onHost ? 'long' : random.pick(LINES) };
  });
}

/** Starts the runs, kills at the moment, lets them end, and judges what became of them. */
export async function round(base: Omit<Target, 'runs'>, shot: Shot, random: Random): Promise<Round> {
  const began = performance.now();
  const runs = await Promise.all(
    CREWS.map((hosts) => base.house.start('crash', { inputs: { hosts: hosts.join(',') } })),
  );
  const target: Target = { ...base, runs };
  const met = await reached(target, shot.moment, shot.line, random);
  const host = met.host ?? random.pick(CREWS.flat());
  await KILLERS[shot.killed](target, host);
  const ends = await Promise.all(runs.map((run) => seenThrough(target, run)));

  const duplicates: string[] = [];
  const losses: string[] = [];
  const wrong: string[] = [];
  let unknown = 0;
  for (const [at, run] of runs.entries()) {
    const hosts = CREWS[at] ?? [];
    const entries = await entriesOf(target, run);
    wrong.push(...wrongInRecord(entries, hosts), ...(await wrongInLogs(target, run)));
    for (const one of hosts) {
      const lines = await witnessLines(target, run, one);
      const words = ends[at]?.words ?? [];
      const said = judged({ host: one, lines, entries, words });
      duplicates.push(...said.duplicates);
      losses.push(...said.losses);
      unknown += said.unknown.length;
    }
  }
  wrong.push(...(await locksLeft(target)));
  const commands = LINES.length * CREWS.flat().length;
  const seconds = (performance.now() - began) / 1000;
  return { ...shot, host, runs: runs.length, commands, duplicates, losses, unknown, wrong, seconds };
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
  return until('the locks are free', async () => ((await held()).length === 0 ? [] : undefined), 5_000).catch(
    held,
  );
}
