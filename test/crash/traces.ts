import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Observed } from '../../activities/jobs/trace.ts';
import type { Ground } from './target.ts';
import type { Told } from './watcher.ts';

/** What was seen of one command on one host, in all its generations. */
export type Trace = {
  readonly of: string;
  readonly observed: readonly Observed[];
  readonly boots: readonly string[];
};

type Gathered = {
  readonly host: string;
  readonly observed: Observed[];
  /** Which worker made which call. */
  readonly calls: Map<string, number>;
};

/** The boot ids that hosts have had, in order: the lab gives a new one with each reboot. */
export async function seeBoots({ house }: Ground, seen: Map<string, readonly string[]>): Promise<void> {
  for (const { name, folder } of house.lab.lab.hosts) {
    const boot = (await readFile(join(folder, 'boot_id'), 'utf8')).trim();
    const before = seen.get(name) ?? [];
    if (before.at(-1) !== boot) seen.set(name, [...before, boot]);
  }
}

/** Sorts what was told and done into one trace for each command on each host. */
export function tracesOf(
  told: readonly Told[],
  boots: ReadonlyMap<string, readonly string[]>,
): readonly Trace[] {
  const traces = new Map<string, Gathered>();
  const marks: { readonly host: string; readonly mark: Observed }[] = [];
  for (const one of told) {
    if ('job' in one) {
      const { run, step, host, generation, call } = one.job;
      const of = `${step} on ${host} of ${run}`;
      const earlier = marks.filter((one) => one.host === host).map(({ mark }) => mark);
      const trace: Gathered = traces.get(of) ?? { host, observed: earlier, calls: new Map() };
      traces.set(of, trace);
      trace.calls.set(call, one.worker);
      trace.observed.push({ kind: 'told', call, generation, event: one.event });
      continue;
    }
    if ('strikes' in one) {
      const mark: Observed = { kind: one.strikes ? 'strikes' : 'struck', what: one.what };
      for (const host of one.hosts) marks.push({ host, mark });
      for (const { host, observed } of traces.values()) if (one.hosts.includes(host)) observed.push(mark);
      continue;
    }
    for (const { observed, calls } of traces.values()) {
      const gone = [...calls].filter(([, worker]) => worker === one.worker).map(([call]) => call);
      if (gone.length > 0) observed.push({ kind: 'gone', calls: gone });
    }
  }
  return [...traces].map(([of, { host, observed }]) => {
    return { of, observed, boots: boots.get(host) ?? [] };
  });
}
