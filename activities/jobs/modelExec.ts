import { type Decision, decide, type Seen } from './decide.ts';
import type { Errand, Job, State, World } from './model.ts';

/** What became of an exec: what it saw, what it did by that, and how things stand after it. */
export type Executed = { readonly seen: Seen; readonly act: Decision['act']; readonly after: State };

type Circumstances = { readonly full?: boolean; readonly lacking?: boolean; readonly look?: Seen };

/**
 * One exec of the program on the host, whole. `full`: the disk is, so that nothing can be made on it. `lacking`: the run's directory has
 * not the texts that this launch took to be there. `look`: what it acts on, where it is not what there is.
 */
export function executed(
  state: State,
  { generation, mode, older }: Errand,
  world: World,
  { full = false, lacking = false, look }: Circumstances = {},
): Executed {
  const job = jobOf(state, generation);
  const ignoresBoot = world.without === 'another boot is unknown';
  const boot = typeof job.started === 'number' && !ignoresBoot ? String(job.started) : undefined;
  const first = look ?? seenNow(state, generation);
  const { act } = decide(first, { boot });
  if (act !== 'start' && act !== 'supervise') return { seen: first, act, after: state };

  const takes = world.without !== 'a new generation takes the go of older ones';
  const after = takes && !full ? withTaken(state, older) : state;
  const olderLives =
    takes && world.without !== 'not before the old processes are gone' && someLive(state, older);
  const seen = { ...first, olderLives };
  const then = decide(seen, { boot }).act;
  if (full || (then === 'refuse' && mode !== 'claim')) return { seen, act: 'refuse', after };
  switch (mode) {
    case 'look':
      return { seen, act: then, after };
    case 'claim': {
      const claimed = { ...job, directory: 'taken', never: true } as const;
      return {
        seen: { ...seen, job: 'taken', never: true },
        act: 'never',
        after: replaced(after, generation, claimed),
      };
    }
    case 'launch': {
      if (lacking) return { seen, act: 'refuse', after };
      if (after.place === 'missing') return { seen, act: then, after };
      const directory = job.directory === 'absent' ? 'known' : job.directory;
      const launched = { ...job, directory, waiting: Math.min(2, job.waiting + 1) } as const;
      return { seen: { ...seen, job: directory }, act: then, after: replaced(after, generation, launched) };
    }
  }
}

/** What somebody who looks now sees. */
export function seenNow(state: State, generation: number): Seen {
  const job = jobOf(state, generation);
  return {
    place: state.place,
    newerEpoch: false,
    boot: String(state.boot),
    job: job.directory,
    rc: job.rc ? 0 : undefined,
    never: job.never,
    supervisorLives: job.script === 'alive',
    sessionLives: job.script === 'orphan',
    olderLives: false,
  };
}

function withTaken(state: State, older: readonly number[]): State {
  const jobs = state.jobs.map((job, at) =>
    older.includes(at) && job.directory !== 'taken' ? ({ ...job, directory: 'taken' } as const) : job,
  );
  return { ...state, jobs };
}

function someLive(state: State, older: readonly number[]): boolean {
  return older.some((at) => {
    const { script, rc } = jobOf(state, at);
    return (script === 'alive' || script === 'orphan') && !rc;
  });
}

function replaced(state: State, generation: number, job: Job): State {
  return { ...state, jobs: state.jobs.map((other, at) => (at === generation ? job : other)) };
}

export function jobOf(state: State, generation: number): Job {
  const job = state.jobs[generation];
  if (job === undefined) throw new RangeError(`there is no generation ${generation}`);
  return job;
}
