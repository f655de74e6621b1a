import type { Decision, Seen } from './decide.ts';
import { hostSteps, mishaps } from './modelHost.ts';
import { workerSteps } from './modelWorker.ts';

/**
 * A small model of the remote job protocol: workers on the generations of one command, one host, one ledger. What a program
 * does within one exec is one step, except that a supervisor takes `go` in a step of its own; everything else may come
 * between any two steps. The decision is the real one. `search.ts` looks at all that can happen; `trace.ts` looks whether what did
 * happen can.
 *
 * Two things are taken for granted. Nobody deletes one job's directory inside an intact run directory. And while a disk is so full
 * that not even a directory can be made, no second worker has sent a launch of the same attempt.
 */
export type State = {
  readonly boot: number;
  readonly place: 'intact' | 'missing';
  /** How many generations there are: another one once somebody has asked for the command again. */
  readonly opened: number;
  readonly jobs: readonly Job[];
  readonly workers: readonly Worker[];
  /** Execs on their way whose sender has given up waiting: the host may act on them at any time. */
  readonly strays: readonly Errand[];
  /** How many mishaps may still come. */
  readonly crashes: number;
  readonly losses: number;
};

export type Job = {
  readonly directory: Seen['job'];
  readonly rc: boolean;
  /** Its `go` was taken by an exec that proves that nothing ran. */
  readonly never: boolean;
  /** Supervisors that have not tried to take `go` yet. */
  readonly waiting: number;
  /** The script: with its supervisor, without it (`orphan`), ended by itself, or cut off. */
  readonly script: 'none' | 'alive' | 'orphan' | 'ended' | 'cut';
  readonly starts: number;
  /** `attempt.started`: the boot id, or `never` where its start was given up. */
  readonly started: number | 'never' | undefined;
  readonly ended: Outcome | undefined;
  readonly emptied: boolean;
};

/** `failed`: nothing was started, and that is proven. */
export type Outcome = 'done' | 'unknown' | 'failed' | 'unreachable';

/** What an exec is sent for: to start the job, to look what became of it, or to take its `go` so that nobody starts it. */
export type Mode = 'launch' | 'look' | 'claim';

export type Errand = {
  readonly generation: number;
  readonly mode: Mode;
  /** Older generations that the ledger doesn't say an exit status of. */
  readonly older: readonly number[];
};

/** `alone`: it recorded the start itself, and each launch that it sent was answered with a refusal. */
export type Worker =
  | { readonly at: 'idle' }
  /** It has looked into the ledger and asked the host for its boot id. */
  | { readonly at: 'begins'; readonly generation: number; readonly boot: number }
  /** It could not reach the host, and had found no start in the ledger. */
  | { readonly at: 'gives up'; readonly generation: number }
  | (Errand & { readonly at: 'asks'; readonly alone: boolean; readonly look?: Seen })
  | (Errand & { readonly at: 'waits'; readonly alone: boolean })
  | { readonly at: 'knows'; readonly generation: number; readonly outcome: Outcome };

/** Rules that can be left out, to see that the search then finds what each is for. */
export const RULES = [
  'look and act in one exec',
  'one with go gets no second supervisor',
  'clean-up leaves a tombstone',
  'a new generation takes the go of older ones',
  'unreachable only with proof',
  'refused only with proof',
  'another boot is unknown',
  'not before the old processes are gone',
] as const;
export type Rule = (typeof RULES)[number];

/** Whether the place is in memory: a reboot takes it away. On a disk a reboot may lose what was not yet written. */
export type World = {
  readonly memory: boolean;
  readonly without?: Rule;
  /** How many strays there may be at once: 1 unless said. */
  readonly strays?: number;
  /** Whether a worker may also let go of a job without being killed: the same to the job, and more states. */
  readonly handsOver?: true;
};

/** One thing that happens. `by`: a number is a worker's. */
export type Step = {
  readonly by: 'host' | 'mishap' | 'stray' | 'person' | number;
  readonly does: string;
  readonly generation?: number;
  /** What an exec saw, and what it did by that. */
  readonly saw?: { readonly seen: Seen; readonly act: Decision['act'] };
};

const untouched: Job = {
  directory: 'absent',
  rc: false,
  never: false,
  waiting: 0,
  script: 'none',
  starts: 0,
  started: undefined,
  ended: undefined,
  emptied: false,
};

/** Nothing has happened yet. */
export function beginning(size: { readonly generations: number; readonly workers: number }): State {
  return {
    boot: 0,
    place: 'intact',
    opened: 1,
    jobs: Array.from({ length: size.generations }, () => untouched),
    workers: Array.from({ length: size.workers }, () => ({ at: 'idle' })),
    strays: [],
    crashes: 1,
    losses: 1,
  };
}

/** Every state that can come next, with what happened. */
export function* next(state: State, world: World): Generator<readonly [Step, State]> {
  yield* hostSteps(state, world);
  yield* mishaps(state, world);
  for (const which of state.workers.keys()) yield* workerSteps(state, which, world);
  if (state.opened < state.jobs.length && state.jobs[state.opened - 1]?.ended !== undefined) {
    yield [
      { by: 'person', does: 'asks for it again' },
      { ...state, opened: state.opened + 1 },
    ];
  }
}

export function saidOf({ by, does, generation }: Step): string {
  const who = typeof by === 'number' ? `worker ${by} ` : by === 'host' || by === 'mishap' ? '' : `a ${by} `;
  return `${who}${does}${generation === undefined ? '' : ` (${generation})`}`;
}

/** What must never be. Undefined: all is well. */
export function wrong(before: State, after: State): string | undefined {
  for (const [generation, job] of after.jobs.entries()) {
    if (job.starts > 1) return 'a job was started twice';
    if (job.ended === 'done' && job.script !== 'ended') return 'done was recorded for what did not end';
    if (job.ended === 'unreachable' && job.starts > 0) return 'unreachable was recorded for what was started';
    if (job.ended === 'failed' && job.starts > 0) return 'a refusal was recorded for what was started';
    if (job.starts === before.jobs[generation]?.starts) continue;
    for (const [other, { script, starts }] of after.jobs.entries()) {
      if (other < generation && (script === 'alive' || script === 'orphan'))
        return 'a generation was started while an older one ran';
      if (other > generation && starts > 0) return 'an older generation was started after a newer';
    }
  }
  return undefined;
}
