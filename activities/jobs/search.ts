import {
  beginning,
  type Errand,
  type Job,
  next,
  type State,
  type Step,
  saidOf,
  type Worker,
  type World,
  wrong,
} from './model.ts';

export type Found = {
  readonly states: number;
  /** What went wrong and the way to it, the shortest one. */
  readonly counterexample?: { readonly what: string; readonly way: readonly string[] };
};

/**
 * Looks at every state that two workers and two generations can come to, breadth first, and stops at the first that must
 * not be. `mishaps`: how many crashes (of a supervisor, a worker, the host, a directory) and lost connections may happen on
 * the way, one of each where left out.
 */
export function search(world: World, mishaps: Partial<Pick<State, 'crashes' | 'losses'>> = {}): Found {
  const came = new Map<string, { readonly from: string; readonly by: Step | undefined }>();
  const first = { ...beginning({ generations: 2, workers: 2 }), ...mishaps };
  const start = keyOf(first);
  came.set(start, { from: '', by: undefined });
  let frontier: (readonly [string, State])[] = [[start, first]];
  while (frontier.length > 0) {
    const further: (readonly [string, State])[] = [];
    for (const [from, state] of frontier) {
      for (const [by, after] of next(state, world)) {
        const what = wrong(state, after);
        if (what !== undefined)
          return { states: came.size, counterexample: { what, way: [...wayTo(came, from), saidOf(by)] } };
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
  came: ReadonlyMap<string, { readonly from: string; readonly by: Step | undefined }>,
  to: string,
): string[] {
  const way: string[] = [];
  for (let at = to; at !== ''; ) {
    const step = came.get(at);
    if (step?.by === undefined) break;
    way.unshift(saidOf(step.by));
    at = step.from;
  }
  return way;
}

/** The workers are alike: two states that differ only in which of them does what are one. */
function keyOf(state: State): string {
  return [
    state.boot,
    state.place,
    state.opened,
    ...state.jobs.map(jobKey),
    ...state.workers.map(workerKey).sort(),
    ...state.strays.map(strayKey),
    state.crashes,
    state.losses,
  ].join(' ');
}

/** Most steps leave most of a state as it is: the keys of those objects are there already. */
const keys = new WeakMap<Job | Worker | Errand, string>();

function remembered<Part extends Job | Worker | Errand>(part: Part, make: (part: Part) => string): string {
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
      `${job.directory},${job.rc},${job.never},${job.waiting},${job.script},${job.starts},${job.started},${job.ended},${job.emptied}`,
  );
}

function strayKey(part: Errand): string {
  return remembered(part, (stray) => `${stray.generation},${stray.mode},${stray.older.join('+')}`);
}

function workerKey(worker: Worker): string {
  return remembered(worker, (of) => {
    switch (of.at) {
      case 'idle':
        return 'idle';
      case 'begins':
        return `begins,${of.generation},${of.boot}`;
      case 'gives up':
        return `gives up,${of.generation}`;
      case 'knows':
        return `knows,${of.generation},${of.outcome}`;
      case 'asks':
      case 'waits': {
        const look = 'look' in of ? JSON.stringify(of.look) : '';
        return `${of.at},${of.generation},${of.mode},${of.older.join('+')},${of.alone},${look}`;
      }
    }
  });
}
