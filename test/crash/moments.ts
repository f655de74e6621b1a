import { setTimeout as pause } from 'node:timers/promises';
import { type HostPoint, heldAt, hold, letAllGo } from './hostHold.ts';
import type { Random } from './random.ts';
import { lineOf } from './scenario.ts';
import { entriesOf, hostNamed, jobNames, type Target } from './target.ts';
import type { Holder } from './watcher.ts';

/**
 * When to strike, in the order in which a command meets them. All but the last two are exact: every command of that step
 * is held there, in all runs, until what is to be killed was killed.
 */
export const MOMENTS = [
  /** The step before is recorded, and that this one starts; nothing of its attempts. */
  'step begins',
  /** `attempt.started` is in the ledger, no launch was sent. */
  'start recorded',
  /** The job's directory is there, its supervisor is about to take `go`. */
  'mkdir',
  /** `go` is taken, the script does not run yet. */
  'go',
  'running',
  'rc written, not read',
  'result read, not recorded',
  'result recorded, not completed',
  /** Seen in the ledger from outside, so the next step may have begun. */
  'step over',
  'at random',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** A command that stands at the moment. */
export type There = { readonly run: string; readonly host: string; readonly job: string };

export type Aim = {
  readonly holder: Holder;
  /** Resolves when all that can be are at the moment, or when no more come. Nobody: it was missed. */
  readonly met: () => Promise<readonly There[]>;
  readonly release: () => Promise<void>;
};

const LOOK_EVERY_MS = 20;
const LONGEST_RANDOM_MS = 2_500;
/** Commands of different runs come to a step at different times: so long the first one waits for the others. */
const TOGETHER_MS = 1_000;
const PATIENCE_MS = 30_000;

/** What a worker tells when a command is at the moment. */
const TOLD = {
  'step begins': 'begins',
  'start recorded': 'start stands',
  'result read, not recorded': 'knows',
  'result recorded, not completed': 'recorded',
} as const;

const ON_HOST: { readonly [moment: string]: HostPoint } = { mkdir: 'mkdir', go: 'go', running: 'running' };

/** Takes aim, before the runs start: at the moment in the step that writes this line, in as many commands as are expected. */
export function aim(target: Target, moment: Moment, line: string, random: Random, expected: number): Aim {
  const there = new Map<string, There>();
  const { promise: released, resolve: letGo } = Promise.withResolvers<void>();
  const held = new Set<string>();
  const laying: Promise<void>[] = [];
  let open = true;
  const point = ON_HOST[moment];
  const told = Object.entries(TOLD).find(([name]) => name === moment)?.[1];

  const holder: Holder = ({ job, event }) => {
    if (!open || lineOf(job.step) !== line || job.generation !== 0) return undefined;
    if (event.at === told && (event.at !== 'start stands' || event.started !== 'never')) {
      there.set(job.job, job);
      return released;
    }
    if (event.at !== 'sends' || (point === undefined && moment !== 'rc written, not read')) return undefined;
    if (event.launches) {
      held.add(job.host);
      const laid = hold(hostNamed(target, job.host), point ?? 'running', job.job);
      laying.push(laid);
      return laid;
    }
    if (moment !== 'rc written, not read') return undefined;
    there.set(job.job, job);
    return released;
  };

  async function look(): Promise<void> {
    if (moment === 'step over') {
      for (const run of target.runs) {
        const entries = await entriesOf(target, run);
        const over = entries.some(({ kind, data }) => kind === 'step.ended' && lineOf(data.step) === line);
        if (over) there.set(run, { run, host: '', job: '' });
      }
    }
    if (point === undefined) return;
    for (const host of held) {
      for (const job of await heldAt(hostNamed(target, host), point)) {
        const run = target.runOn(host);
        if (run !== undefined) there.set(job, { run, host, job });
      }
    }
  }

  /** The scripts may end now, while their followers are held. */
  async function endScripts(): Promise<void> {
    for (const host of held) await letAllGo(hostNamed(target, host));
    const end = performance.now() + TOGETHER_MS;
    while (performance.now() < end) {
      const left = await Promise.all(
        [...there.values()].map(async (one) => {
          const names = await jobNames(target, one);
          return names.some((name) => name.startsWith('rc.')) ? [] : [one];
        }),
      );
      if (left.flat().length === 0) return;
      await pause(LOOK_EVERY_MS);
    }
  }

  return {
    holder,
    async met() {
      if (moment === 'at random') {
        await pause(random.below(LONGEST_RANDOM_MS));
        return [];
      }
      const end = performance.now() + PATIENCE_MS;
      let first: number | undefined;
      for (;;) {
        await look();
        if (there.size > 0) first ??= performance.now();
        const now = performance.now();
        const enough = moment === 'step over' ? 1 : expected;
        if (there.size >= enough || now > end || now > (first ?? now) + TOGETHER_MS) break;
        if (target.open.size === 0) break;
        await pause(LOOK_EVERY_MS);
      }
      if (moment === 'rc written, not read') await endScripts();
      return [...there.values()];
    },
    async release() {
      open = false;
      letGo();
      await Promise.allSettled(laying);
      for (const host of held) await letAllGo(hostNamed(target, host));
    },
  };
}
