import { beginning, type Job, next, type State, type Worker, type World, wrong } from './model.ts';

export type Found = {
  readonly states: number;
  /** What went wrong and the way to it, the shortest one. */
  readonly counterexample?: { readonly what: string; readonly way: readonly string[] };
};

/**
 * Looks at every state that can be reached, breadth first, and stops at the first that must not be. `mishaps`: how many
 * crashes (of a supervisor, a worker, the host, a directory) and lost connections may happen on the way, one of each
 * where left out.
 */
export function search(world: World, mishaps: Partial<Pick<State, 'crashes' | 'losses'>> = {}): Found {
  const came = new Map<string, { readonly from: string; readonly by: string }>();
  const first = { ...beginning, ...mishaps };
  const start = keyOf(first);
  came.set(start, { from: '', by: '' });
  let frontier: (readonly [string, State])[] = [[start, first]];
  while (frontier.length > 0) {
    const further: (readonly [string, State])[] = [];
    for (const [from, state] of frontier) {
      for (const [by, after] of next(state, world)) {
        const what = wrong(state, after);
        if (what !== undefined)
          return { states: came.size, counterexample: { what, way: [...wayTo(came, from), by] } };
        const key = keyOf(after);
        if (came.has(key)) continue;
        came.set(key, { from, by });
        further.push([key, after]);
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

/** Most steps leave most of a state as it is: the keys of those objects are there already. */
const keys = new WeakMap<Job | Worker, string>();

function remembered<Part extends Job | Worker>(part: Part, make: (part: Part) => string): string {
  const there = keys.get(part);
  if (there !== undefined) return there;
  const made = make(part);
  keys.set(part, made);
  return made;
}

function jobKey(part: Job): string {
  return remembered(
    part,
    (job) =>
      `${job.directory},${job.rc},${job.waiting},${job.script},${job.starts},${job.started},${job.ended},${job.emptied}`,
  );
}

function workerKey(worker: Worker): string {
  return remembered(worker, (of) => (of.at === 'idle' ? 'idle' : Object.values(of).map(valueKey).join()));
}

function valueKey(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
