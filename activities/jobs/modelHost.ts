import type { Job, State, Step, World } from './model.ts';
import { executed } from './modelExec.ts';

type Next = Generator<readonly [Step, State]>;

/** What goes on at the host without anybody's doing: supervisors, scripts, clean-up, and execs that nobody waits for. */
export function* hostSteps(state: State, world: World): Next {
  for (const [generation, job] of state.jobs.entries()) {
    const host = (does: string) => ({ by: 'host', does, generation }) as const;
    if (job.waiting > 0) {
      const rest = { ...job, waiting: job.waiting - 1 };
      const won = { ...rest, directory: 'taken', script: 'alive', starts: job.starts + 1 } as const;
      yield [
        host('its supervisor tries go'),
        withJob(state, generation, wins(state, job, world) ? won : rest),
      ];
    }
    if (job.script === 'alive') {
      const rc = state.place === 'intact' && job.directory === 'taken';
      yield [host('its script ends'), withJob(state, generation, { ...job, script: 'ended', rc })];
    }
    if (job.script === 'orphan') {
      yield [host('its orphan ends'), withJob(state, generation, { ...job, script: 'cut' })];
    }
    if (job.ended !== undefined && !job.emptied && state.place === 'intact' && job.directory === 'taken') {
      const kept = world.without === 'clean-up leaves a tombstone' ? 'absent' : job.directory;
      const after = { ...job, rc: false, never: false, directory: kept, emptied: true } as const;
      yield [host('it is cleaned up'), withJob(state, generation, after)];
    }
  }
  for (const [at, stray] of state.strays.entries()) {
    const strays = state.strays.filter((_, other) => other !== at);
    const { after } = executed({ ...state, strays }, stray, world);
    yield [{ by: 'stray', does: stray.mode, generation: stray.generation }, after];
  }
}

function wins(state: State, job: Job, world: World): boolean {
  const free = job.directory === 'known' || world.without === 'one with go gets no second supervisor';
  return state.place === 'intact' && job.directory !== 'absent' && free;
}

export function* mishaps(state: State, world: World): Next {
  if (state.crashes === 0) return;
  const after = { ...state, crashes: state.crashes - 1 };
  for (const [generation, job] of state.jobs.entries()) {
    const killed = (does: string) => ({ by: 'mishap', does, generation }) as const;
    if (job.script === 'alive') {
      yield [killed('its supervisor is killed'), withJob(after, generation, { ...job, script: 'orphan' })];
    }
    if (job.waiting > 0 && wins(state, job, world)) {
      const lost = { ...job, waiting: job.waiting - 1, directory: 'taken', script: 'cut' } as const;
      yield [killed('its supervisor is killed as it takes go'), withJob(after, generation, lost)];
    }
  }
  const reboot = (does: string) => ({ by: 'mishap', does }) as const;
  const boot = state.boot + 1;
  const place = world.memory ? 'missing' : state.place;
  yield [reboot('reboot'), { ...after, boot, place, jobs: state.jobs.map((job) => cutOff(job, false)) }];
  if (!world.memory) {
    const jobs = state.jobs.map((job) => cutOff(job, true));
    yield [reboot('reboot that loses what was not written yet'), { ...after, boot, jobs }];
  }
  if (state.place === 'intact')
    yield [reboot("the run's directory vanishes"), { ...after, place: 'missing' }];
  for (const [which, worker] of state.workers.entries()) {
    if (worker.at !== 'idle') yield [reboot(`worker ${which} is killed`), letGo(after, which, world)];
  }
}

function cutOff(job: Job, lost: boolean): Job {
  const script = job.script === 'alive' || job.script === 'orphan' ? 'cut' : job.script;
  const rest = lost ? ({ directory: 'absent', rc: false, never: false } as const) : {};
  return { ...job, waiting: 0, script, ...rest };
}

/** The worker is done with it, in whatever way. What it has sent may still arrive, though nobody waits for the answer. */
export function letGo(state: State, which: number, world: World): State {
  const worker = state.workers[which];
  const gone = withWorker(state, which, { at: 'idle' });
  if (worker?.at !== 'waits' || state.strays.length >= (world.strays ?? 1)) return gone;
  const { generation, mode, older } = worker;
  // One that only looks changes nothing.
  if (mode === 'look') return gone;
  return { ...gone, strays: [...state.strays, { generation, mode, older }] };
}

export function withJob(state: State, generation: number, job: Job): State {
  return { ...state, jobs: state.jobs.map((other, at) => (at === generation ? job : other)) };
}

export function withWorker(state: State, which: number, worker: State['workers'][number]): State {
  return { ...state, workers: state.workers.map((other, at) => (at === which ? worker : other)) };
}
