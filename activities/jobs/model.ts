import { decide, type Seen } from './decide.ts';

/**
 * A small model of the remote job protocol, for a search of all that can happen: two workers on one job and on the next
 * generation of it, one host, one ledger. What a program does within one exec is one step, except that a supervisor
 * takes `go` in a step of its own; everything else may come between any two steps. The decision is the real one.
 */
export type State = {
  readonly boot: number;
  readonly place: 'intact' | 'missing';
  /** Generation 1 exists once somebody has asked for the command again. */
  readonly opened: boolean;
  readonly jobs: readonly [Job, Job];
  readonly workers: readonly [Worker, Worker];
  /** Launches on their way whose sender has given up waiting: the host may act on them at any time. */
  readonly strays: readonly {
    readonly generation: 0 | 1;
    readonly boot: number;
    readonly olderOpen: boolean;
  }[];
  /** How many mishaps may still come. */
  readonly crashes: number;
  readonly losses: number;
};

export type Job = {
  readonly directory: Seen['job'];
  readonly rc: boolean;
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

export type Outcome = 'done' | 'unknown' | 'failed' | 'unreachable';

export type Worker =
  | { readonly at: 'idle' }
  /** It has looked into the ledger and asked the host for its boot id. */
  | { readonly at: 'begins'; readonly generation: 0 | 1; readonly boot: number }
  /** It could not reach the host, and had found no start in the ledger. */
  | { readonly at: 'gives up'; readonly generation: 0 | 1 }
  | { readonly at: 'launches'; readonly generation: 0 | 1; readonly olderOpen: boolean; readonly look?: Seen }
  | { readonly at: 'waits'; readonly generation: 0 | 1; readonly olderOpen: boolean }
  | { readonly at: 'knows'; readonly generation: 0 | 1; readonly outcome: Outcome };

/** Rules that can be left out, to see that the search then finds what each is for. */
export type Rule =
  | 'look and act in one exec'
  | 'one with go gets no second supervisor'
  | 'clean-up leaves a tombstone'
  | 'a new generation takes the go of older ones'
  | 'unreachable only with proof'
  | 'another boot is unknown'
  | 'not before the old processes are gone';

const untouched: Job = {
  directory: 'absent',
  rc: false,
  waiting: 0,
  script: 'none',
  starts: 0,
  started: undefined,
  ended: undefined,
  emptied: false,
};

export const beginning: State = {
  boot: 0,
  place: 'intact',
  opened: false,
  jobs: [untouched, untouched],
  workers: [{ at: 'idle' }, { at: 'idle' }],
  strays: [],
  crashes: 1,
  losses: 1,
};

/** Whether the place is in memory: a reboot takes it away. On a disk a reboot may lose what was not yet written. */
export type World = { readonly memory: boolean; readonly without?: Rule };

/** Every state that can come next, with what happened. */
export function* next(state: State, world: World): Generator<readonly [string, State]> {
  yield* hostSteps(state, world);
  yield* mishaps(state, world);
  for (const which of [0, 1] as const) yield* workerSteps(state, which, world);
  for (const [at, stray] of state.strays.entries()) {
    const strays = state.strays.filter((_, other) => other !== at);
    const [, after] = launched({ ...state, strays }, stray.generation, stray.olderOpen, world);
    yield [`a stray launch of generation ${stray.generation} arrives`, after];
  }
  if (!state.opened && state.jobs[0].ended !== undefined) {
    yield ['somebody asks for it again', { ...state, opened: true }];
  }
}

function* hostSteps(state: State, world: World): Generator<readonly [string, State]> {
  for (const generation of [0, 1] as const) {
    const job = state.jobs[generation];
    if (job.waiting > 0) {
      const rest = { ...job, waiting: job.waiting - 1 };
      const free = job.directory === 'known' || world.without === 'one with go gets no second supervisor';
      const wins = state.place === 'intact' && job.directory !== 'absent' && free;
      const won = { ...rest, directory: 'taken', script: 'alive', starts: job.starts + 1 } as const;
      yield [`a supervisor of ${generation} tries go`, withJob(state, generation, wins ? won : rest)];
    }
    if (job.script === 'alive') {
      const rc = state.place === 'intact' && job.directory === 'taken';
      yield [`${generation} ends`, withJob(state, generation, { ...job, script: 'ended', rc })];
    }
    if (job.script === 'orphan') {
      yield [`the orphan of ${generation} ends`, withJob(state, generation, { ...job, script: 'cut' })];
    }
    if (job.ended !== undefined && !job.emptied && state.place === 'intact' && job.directory === 'taken') {
      const kept = world.without === 'clean-up leaves a tombstone' ? 'absent' : job.directory;
      const after = { ...job, rc: false, directory: kept, emptied: true } as const;
      yield [`clean-up of ${generation}`, withJob(state, generation, after)];
    }
  }
}

function* mishaps(state: State, world: World): Generator<readonly [string, State]> {
  if (state.crashes === 0) return;
  const after = { ...state, crashes: state.crashes - 1 };
  for (const generation of [0, 1] as const) {
    if (state.jobs[generation].script === 'alive') {
      const orphan = { ...state.jobs[generation], script: 'orphan' } as const;
      yield [`the supervisor of ${generation} is killed`, withJob(after, generation, orphan)];
    }
  }
  if (state.boot === 0) {
    const [first, second] = state.jobs;
    const place = world.memory ? 'missing' : state.place;
    yield ['reboot', { ...after, boot: 1, place, jobs: [cutOff(first, false), cutOff(second, false)] }];
    if (!world.memory) {
      const jobs = [cutOff(first, true), cutOff(second, true)] as const;
      yield ['reboot that loses what was not written yet', { ...after, boot: 1, jobs }];
    }
  }
  if (state.place === 'intact') yield ["the run's directory vanishes", { ...after, place: 'missing' }];
  for (const which of [0, 1] as const) {
    if (state.workers[which].at !== 'idle') {
      yield [
        `worker ${which} is killed`,
        stray(withWorker(after, which, { at: 'idle' }), state.workers[which]),
      ];
    }
  }
}

function cutOff(job: Job, lost: boolean): Job {
  const script = job.script === 'alive' || job.script === 'orphan' ? 'cut' : job.script;
  return { ...job, waiting: 0, script, ...(lost ? { directory: 'absent', rc: false } : {}) };
}

/** What was sent may still arrive, though nobody waits for the answer. */
function stray(state: State, worker: Worker): State {
  if (worker.at !== 'waits' || state.strays.length > 0) return state;
  const { generation, olderOpen } = worker;
  return { ...state, strays: [...state.strays, { generation, boot: state.boot, olderOpen }] };
}

function* workerSteps(state: State, which: 0 | 1, world: World): Generator<readonly [string, State]> {
  const worker = state.workers[which];
  const says = (what: string) => `worker ${which} ${what}`;
  switch (worker.at) {
    case 'idle': {
      const generation = state.opened ? 1 : 0;
      const { started, ended } = state.jobs[generation];
      if (ended !== undefined) return;
      if (started === undefined) {
        yield [says('begins'), withWorker(state, which, { at: 'begins', generation, boot: state.boot })];
        yield [says('reaches nobody'), withWorker(state, which, { at: 'gives up', generation })];
      } else if (started !== 'never') yield [says('finds a start'), ready(state, which, generation)];
      else yield [says('finds it given up'), ending(state, which, generation, 'unreachable')];
      return;
    }
    case 'begins': {
      const job = state.jobs[worker.generation];
      const started = job.started ?? worker.boot;
      const after = withJob(state, worker.generation, { ...job, started });
      if (started === 'never')
        yield [says('finds it given up'), ending(after, which, worker.generation, 'unreachable')];
      else yield [says('records the start'), ready(after, which, worker.generation)];
      return;
    }
    case 'gives up': {
      const job = state.jobs[worker.generation];
      if (world.without === 'unreachable only with proof') {
        yield [says('says unreachable'), ending(state, which, worker.generation, 'unreachable')];
        return;
      }
      const started = job.started ?? 'never';
      const after = withJob(state, worker.generation, { ...job, started });
      if (started === 'never')
        yield [says('gives up'), ending(after, which, worker.generation, 'unreachable')];
      else yield [says('finds a start'), ready(after, which, worker.generation)];
      return;
    }
    case 'launches': {
      const { generation, olderOpen } = worker;
      if (world.without === 'look and act in one exec' && worker.look === undefined) {
        const look = seen(state, generation);
        yield [says('looks'), withWorker(state, which, { ...worker, look })];
        return;
      }
      if (worker.look !== undefined) {
        const [outcome, after] = launched(state, generation, olderOpen, world, worker.look);
        yield [says('acts on its look'), told(after, which, worker, outcome)];
        return;
      }
      yield [says('sends a launch'), withWorker(state, which, { at: 'waits', generation, olderOpen })];
      return;
    }
    case 'waits': {
      const { generation, olderOpen } = worker;
      const [outcome, after] = launched(state, generation, olderOpen, world);
      yield [says('is answered'), told(after, which, { at: 'launches', generation, olderOpen }, outcome)];
      if (after !== state) yield [says('finds the disk full'), ending(state, which, generation, 'failed')];
      if (state.losses > 0) {
        const again = withWorker({ ...state, losses: state.losses - 1 }, which, {
          at: 'launches',
          generation,
          olderOpen,
        });
        yield [says('loses its connection'), stray(again, worker)];
      }
      return;
    }
    case 'knows': {
      const job = state.jobs[worker.generation];
      const ended = job.ended ?? worker.outcome;
      const after = withJob(state, worker.generation, { ...job, ended });
      yield [says(`records ${worker.outcome}`), withWorker(after, which, { at: 'idle' })];
      return;
    }
  }
}

function ready(state: State, which: 0 | 1, generation: 0 | 1): State {
  // The ledger says that the older one ended by an exit status: its `go` need not be taken.
  const olderOpen = generation === 1 && state.jobs[0].ended !== 'done';
  return withWorker(state, which, { at: 'launches', generation, olderOpen });
}

function ending(state: State, which: 0 | 1, generation: 0 | 1, outcome: Outcome): State {
  return withWorker(state, which, { at: 'knows', generation, outcome });
}

function told(state: State, which: 0 | 1, worker: Worker, outcome: Outcome | undefined): State {
  if (outcome === undefined || worker.at !== 'launches') return withWorker(state, which, worker);
  return ending(state, which, worker.generation, outcome);
}

/** One exec of the program on the host. Undefined: it runs, and is asked again. */
function launched(
  state: State,
  generation: 0 | 1,
  olderOpen: boolean,
  world: World,
  look: Seen = seen(state, generation),
): readonly [Outcome | undefined, State] {
  const { started } = state.jobs[generation];
  const ignoresBoot = world.without === 'another boot is unknown';
  const boot = typeof started === 'number' && !ignoresBoot ? String(started) : undefined;
  const first = decide(look, { boot });
  switch (first.act) {
    case 'done':
      return ['done', state];
    case 'unknown':
      return ['unknown', state];
    case 'follow':
      return [undefined, state];
    case 'refuse':
    case 'never':
      return ['failed', state];
    case 'start':
    case 'supervise':
      break;
  }
  let now = state;
  if (olderOpen && world.without !== 'a new generation takes the go of older ones') {
    const [older] = now.jobs;
    const lives = older.script === 'alive' || older.script === 'orphan';
    if (older.directory !== 'taken') now = withJob(now, 0, { ...older, directory: 'taken' });
    const waits = world.without !== 'not before the old processes are gone';
    if (decide({ ...look, olderLives: lives && waits && !older.rc }, { boot }).act === 'refuse')
      return ['unknown', now];
  }
  if (now.place === 'missing') return [undefined, now];
  const job = now.jobs[generation];
  const directory = job.directory === 'absent' ? 'known' : job.directory;
  return [undefined, withJob(now, generation, { ...job, directory, waiting: Math.min(2, job.waiting + 1) })];
}

function seen(state: State, generation: 0 | 1): Seen {
  const job = state.jobs[generation];
  return {
    place: state.place,
    newerEpoch: false,
    boot: String(state.boot),
    job: job.directory,
    rc: job.rc ? 0 : undefined,
    never: false,
    supervisorLives: job.script === 'alive',
    sessionLives: job.script === 'orphan',
    olderLives: false,
  };
}

function withJob(state: State, generation: 0 | 1, job: Job): State {
  const [first, second] = state.jobs;
  return { ...state, jobs: generation === 0 ? [job, second] : [first, job] };
}

function withWorker(state: State, which: 0 | 1, worker: Worker): State {
  const [first, second] = state.workers;
  return { ...state, workers: which === 0 ? [worker, second] : [first, worker] };
}

/** What must never be. Undefined: all is well. */
export function wrong(before: State, after: State): string | undefined {
  const [first, second] = after.jobs;
  if (first.starts > 1 || second.starts > 1) return 'a job was started twice';
  const oldLives = first.script === 'alive' || first.script === 'orphan';
  if (second.starts > before.jobs[1].starts && oldLives)
    return 'a generation was started while an older one ran';
  if (first.starts > before.jobs[0].starts && second.starts > 0)
    return 'an older generation was started after a newer';
  for (const job of after.jobs) {
    if (job.ended === 'done' && job.script !== 'ended') return 'done was recorded for what did not end';
    if (job.ended === 'unreachable' && job.starts > 0) return 'unreachable was recorded for what was started';
  }
  return undefined;
}
