import type { Errand, Outcome, State, Step, Worker, World } from './model.ts';
import { executed, jobOf, seenNow } from './modelExec.ts';
import { letGo, withJob, withWorker } from './modelHost.ts';

type Asking = Extract<Worker, { at: 'asks' | 'waits' }>;

/** The one refusal after which the same launch is sent again. */
export const LACKS = 'finds the texts of the run missing';

/** What one worker can do next. */
export function* workerSteps(state: State, which: number, world: World): Generator<readonly [Step, State]> {
  const worker = state.workers[which] ?? { at: 'idle' };
  const says = (does: string): Step => ({ by: which, does });
  switch (worker.at) {
    case 'idle': {
      const generation = state.opened - 1;
      const { started, ended } = jobOf(state, generation);
      if (ended !== undefined) return;
      if (started === undefined) {
        yield [says('begins'), withWorker(state, which, { at: 'begins', generation, boot: state.boot })];
        yield [says('reaches nobody'), withWorker(state, which, { at: 'gives up', generation })];
      } else if (started !== 'never') yield [says('finds a start'), ready(state, which, generation, false)];
      else yield [says('finds it given up'), ending(state, which, generation, 'unreachable')];
      return;
    }
    case 'begins': {
      const job = jobOf(state, worker.generation);
      const started = job.started ?? worker.boot;
      const after = withJob(state, worker.generation, { ...job, started });
      if (started === 'never')
        yield [says('finds it given up'), ending(after, which, worker.generation, 'unreachable')];
      else yield [says('records the start'), ready(after, which, worker.generation, true)];
      return;
    }
    case 'gives up': {
      const job = jobOf(state, worker.generation);
      if (world.without === 'unreachable only with proof') {
        yield [says('says unreachable'), ending(state, which, worker.generation, 'unreachable')];
        return;
      }
      const started = job.started ?? 'never';
      const after = withJob(state, worker.generation, { ...job, started });
      if (started === 'never')
        yield [says('gives up'), ending(after, which, worker.generation, 'unreachable')];
      else yield [says('finds a start'), ready(after, which, worker.generation, false)];
      return;
    }
    case 'asks': {
      if (world.handsOver === true) yield [says('lets go'), letGo(state, which, world)];
      if (world.without === 'look and act in one exec' && worker.look === undefined) {
        const look = seenNow(state, worker.generation);
        yield [says('looks'), withWorker(state, which, { ...worker, look })];
        return;
      }
      yield* sendings(state, which, worker);
      return;
    }
    case 'waits':
      yield* answers(state, which, worker, world);
      return;
    case 'knows': {
      const { generation, outcome } = worker;
      yield [says(`records ${outcome}`), recorded(state, which, generation, outcome)];
      return;
    }
  }
}

function* sendings(state: State, which: number, worker: Asking): Generator<readonly [Step, State]> {
  const waits = { ...worker, at: 'waits' } as const;
  yield [{ by: which, does: `sends a ${worker.mode}` }, withWorker(state, which, waits)];
  // It has launched often enough, and nothing came of it.
  if (worker.mode === 'launch' && !worker.alone)
    yield [{ by: which, does: 'sends a claim' }, withWorker(state, which, { ...waits, mode: 'claim' })];
}

function* answers(
  state: State,
  which: number,
  worker: Asking,
  world: World,
): Generator<readonly [Step, State]> {
  const look = 'look' in worker ? worker.look : undefined;
  const { seen, act, after } = executed(state, worker, world, look === undefined ? {} : { look });
  const saw = { seen, act };
  yield [{ by: which, does: 'is answered', saw }, answered(after, which, worker, act, world)];
  if ((act === 'start' || act === 'supervise' || act === 'never') && worker.mode !== 'look') {
    const full = executed(state, worker, world, { full: true });
    const fullSaw = { seen: full.seen, act: full.act };
    const then = answered(full.after, which, worker, full.act, world, true);
    if (full.act === 'refuse') yield [{ by: which, does: 'finds the disk full', saw: fullSaw }, then];
  }
  if ((act === 'start' || act === 'supervise') && worker.mode === 'launch') {
    // As after a hand-over: whoever follows sends the texts with its next launch. Nothing was made of the job.
    const lacking = executed(state, worker, world, { lacking: true });
    const lackingSaw = { seen: lacking.seen, act: lacking.act };
    const again = withWorker(lacking.after, which, asking(worker, {}));
    yield [{ by: which, does: LACKS, saw: lackingSaw }, again];
  }
  if (state.losses > 0) {
    const lost = letGo({ ...state, losses: state.losses - 1 }, which, world);
    const alone = worker.alone && worker.mode !== 'launch';
    yield [{ by: which, does: 'loses its connection' }, withWorker(lost, which, asking(worker, { alone }))];
  }
}

/** What a worker does by the answer of its exec. */
export function answered(
  state: State,
  which: number,
  worker: Asking,
  act: NonNullable<Step['saw']>['act'],
  world: World,
  full = false,
): State {
  const { generation, mode } = worker;
  const goesOn = (how: Partial<Asking>) => withWorker(state, which, asking(worker, how));
  switch (act) {
    case 'done':
    case 'unknown':
      return ending(state, which, generation, act);
    case 'never':
      return ending(state, which, generation, 'failed');
    case 'follow':
      // `go` is taken: it will not launch again, and what it knew for that is of no use any more.
      return goesOn({ mode: 'look', alone: false, older: [] });
    case 'start':
    case 'supervise':
      return goesOn({ mode: 'launch', alone: worker.alone && mode !== 'launch' });
    case 'refuse':
      if (!full) return ending(state, which, generation, 'unknown');
      if (world.without === 'refused only with proof') return ending(state, which, generation, 'failed');
      if (mode === 'launch') return goesOn({ mode: 'claim' });
      // Not even `go` can be made: without another launch there is nothing to prove (one of the two things taken for granted).
      return worker.alone && aloneIn(state, which, generation)
        ? recorded(state, which, generation, 'failed')
        : goesOn({});
  }
}

function aloneIn(state: State, which: number, generation: number): boolean {
  const others = state.workers.filter((other, at) => at !== which && other.at !== 'idle');
  const launched = state.strays.some((stray) => stray.generation === generation);
  return others.length === 0 && !launched && jobOf(state, generation).waiting === 0;
}

function asking(worker: Asking, how: Partial<Asking>): Worker {
  const { generation, mode, older, alone } = { ...worker, ...how };
  return { at: 'asks', generation, mode, older, alone };
}

function ready(state: State, which: number, generation: number, alone: boolean): State {
  // Where the ledger has an exit status of an older one, its `go` need not be taken.
  const older = state.jobs.flatMap(({ ended }, at) => (at < generation && ended !== 'done' ? [at] : []));
  const errand: Errand = { generation, mode: 'launch', older };
  return withWorker(state, which, { ...errand, at: 'asks', alone });
}

/** What stands as the end is what was recorded first. */
function recorded(state: State, which: number, generation: number, outcome: Outcome): State {
  const job = jobOf(state, generation);
  const after = withJob(state, generation, { ...job, ended: job.ended ?? outcome });
  return withWorker(after, which, { at: 'idle' });
}

function ending(state: State, which: number, generation: number, outcome: Outcome): State {
  return withWorker(state, which, { at: 'knows', generation, outcome });
}
