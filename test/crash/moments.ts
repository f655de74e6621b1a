import { setTimeout as pause } from 'node:timers/promises';
import type { Entry } from '../../ledger/events.ts';
import type { Random } from './random.ts';
import { lineOf } from './scenario.ts';
import { entriesOf, jobFiles, type Target, witnessLines } from './target.ts';

/** When to strike: the points at which something has just happened, in the order in which a command meets them. */
export const MOMENTS = [
  'step begins',
  'launch recorded',
  'mkdir',
  'go',
  'command runs',
  'rc written',
  'result recorded',
  'step over',
  'at random',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** Those at which a job has something on its host that can be killed. */
export const ON_HOST: readonly Moment[] = ['launch recorded', 'mkdir', 'go', 'command runs', 'at random'];

const LOOK_EVERY_MS = 4;
const LONGEST_RANDOM_MS = 3_000;

/** Resolves at that moment of the named step in the first run that meets it, with the host where it was met. */
export async function reached(
  target: Target,
  moment: Moment,
  line: string,
  random: Random,
): Promise<{ readonly host: string | undefined }> {
  if (moment === 'at random') {
    await pause(random.below(LONGEST_RANDOM_MS));
    return { host: undefined };
  }
  for (;;) {
    for (const run of target.runs) {
      const entries = await entriesOf(target, run);
      const found = await meets(target, moment, line, entries);
      if (found !== undefined) return found;
      // It was missed: the run is past it, and will not come back.
      if (entries.some(({ kind }) => kind === 'run.ended' || kind === 'run.held')) return { host: undefined };
    }
    await pause(LOOK_EVERY_MS);
  }
}

async function meets(
  target: Target,
  moment: Exclude<Moment, 'at random'>,
  line: string,
  entries: readonly Entry[],
): Promise<{ readonly host: string | undefined } | undefined> {
  const about = entries.filter((entry) => 'step' in entry.data && lineOf(entry.data.step ?? '') === line);
  const started = about.find(({ kind }) => kind === 'attempt.started');
  const host = started?.kind === 'attempt.started' ? started.data.host : undefined;
  switch (moment) {
    case 'step begins':
      return about.some(({ kind }) => kind === 'step.started') ? { host } : undefined;
    case 'launch recorded':
      return started === undefined ? undefined : { host };
    case 'mkdir':
      return started !== undefined && (await jobFiles(target, started)).length > 0 ? { host } : undefined;
    case 'go':
      return started !== undefined && (await jobFiles(target, started)).includes('go') ? { host } : undefined;
    case 'command runs': {
      if (started === undefined || host === undefined) return undefined;
      return (await witnessLines(target, started.run, host)).includes(line) ? { host } : undefined;
    }
    case 'rc written': {
      const files = started === undefined ? [] : await jobFiles(target, started);
      return files.some((name) => name.startsWith('rc.')) ? { host } : undefined;
    }
    case 'result recorded':
      return about.some(({ kind }) => kind === 'attempt.ended') ? { host } : undefined;
    case 'step over':
      return about.some(({ kind }) => kind === 'step.ended') ? { host } : undefined;
  }
}
