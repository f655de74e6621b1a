import { beginning, type Job, next, type State, type Worker, type World, wrong } from './model.ts';

export type Found = {
  readonly states: number;
  /** What went wrong and the way to it, the shortest one. */
  readonly counterexample?: { readonly what: string; readonly way: readonly string[] };
};

/** Looks at every state that can be reached, breadth first, and stops at the first that must not be. */
export function search(world: World): Found {
  const came = new Map<string, { readonly from: string; readonly by: string }>();
  const start = keyOf(beginning);
  came.set(start, { from: '', by: '' });
  let frontier: State[] = [beginning];
  while (frontier.length > 0) {
    const further: State[] = [];
    for (const state of frontier) {
      const from = keyOf(state);
      for (const [by, after] of next(state, world)) {
        const what = wrong(state, after);
        if (what !== undefined)
          return { states: came.size, counterexample: { what, way: [...wayTo(came, from), by] } };
        const key = keyOf(after);
        if (came.has(key)) continue;
        came.set(key, { from, by });
        further.push(after);
      }
    }
    frontier = further;
  }
  return { states: came.size };
}

function wayTo(
  came: ReadonlyMap<string, { readonly from: string; readonly by: string }>,
  to: string,
): string[] {
  const way: string[] = [];
  for (let at = to; at !== ''; ) {
    const step = came.get(at);
    if (step === undefined || step.by === '') break;
    way.unshift(step.by);
    at = step.from;
  }
  return way;
}

/** The workers are alike: two states that differ only in which of them does what are one. */
function keyOf(state: State): string {
  const [first, second] = state.workers.map(workerKey).sort();
  const strays = state.strays.map((stray) => `${stray.generation}${stray.boot}${stray.olderOpen}`);
  return [
    state.boot,
    state.place,
    state.opened,
    jobKey(state.jobs[0]),
    jobKey(state.jobs[1]),
    first,
    second,
    strays,
    state.crashes,
    state.losses,
  ].join(' ');
}

function jobKey(job: Job): string {
  return `${job.directory},${job.rc},${job.waiting},${job.script},${job.starts},${job.started},${job.ended},${job.emptied}`;
}

function workerKey(worker: Worker): string {
  return worker.at === 'idle' ? 'idle' : Object.values(worker).map(valueKey).join();
}

function valueKey(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
