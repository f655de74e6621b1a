import type { Decision, Seen } from './decide.ts';
import { beginning, type Mode, next, type Outcome, type State, type Step, type World } from './model.ts';
import { executed, seenNow } from './modelExec.ts';
import { letGo, withWorker } from './modelHost.ts';
import { answered, LACKS } from './modelWorker.ts';
import type { Started, Watched } from './watch.ts';

/** One thing that was seen of one job and its generations, in the order in which it came. */
export type Observed =
  | { readonly kind: 'told'; readonly call: string; readonly generation: number; readonly event: Watched }
  /** The worker that made these calls is gone. */
  | { readonly kind: 'gone'; readonly calls: readonly string[] }
  /** Its host's supervisors are being killed, or the host is, from here on until it is over. */
  | { readonly kind: 'strikes' | 'struck'; readonly what: 'supervisor' | 'host' };

/** The model as a trace is held against it: mishaps come only where they were seen to, and as many as were. */
const WORLD: World = { memory: false, strays: 8 };
const AMPLE = 1_000;

/** A state that the trace may have led to. */
type Candidate = {
  readonly state: State;
  /** What each worker of the model has done since its call told something. */
  readonly done: { readonly [worker: number]: Step | undefined };
};

/**
 * Whether what was seen can happen in the model: at each observation, the set of all states that the model may be in. What goes on
 * between two observations is not seen: each call takes at most the one step that it then tells of, supervisors and
 * scripts go on, execs that nobody waits for arrive. Undefined: it is a trace of the model. Else the first observation that
 * is not, in words.
 *
 * `boots`: the boot ids that the host has had, in order.
 */
export function notInModel(trace: readonly Observed[], boots: readonly string[]): string | undefined {
  const generations = 1 + Math.max(0, ...trace.map((one) => (one.kind === 'told' ? one.generation : 0)));
  const first = { ...beginning({ generations, workers: 0 }), crashes: AMPLE, losses: AMPLE };
  const check = new Check({ state: first, done: {} }, boots);
  for (const [at, observed] of trace.entries()) {
    if (!check.takes(observed)) return `${at + 1} of ${trace.length}: ${said(observed)}`;
  }
  return undefined;
}

class Check {
  #candidates: readonly Candidate[];
  readonly #boots: readonly string[];
  readonly #workers = new Map<string, number>();
  readonly #live = new Set<number>();
  readonly #strikes = { supervisor: false, host: false };
  /** A supervisor that was hit as it took `go` may be done with that only later. */
  #supervisorsHit = false;

  constructor(first: Candidate, boots: readonly string[]) {
    this.#candidates = [first];
    this.#boots = boots;
  }

  takes(observed: Observed): boolean {
    this.#candidates = this.#reached();
    switch (observed.kind) {
      case 'strikes':
        this.#strikes[observed.what] = true;
        this.#supervisorsHit ||= observed.what === 'supervisor';
        break;
      case 'struck':
        this.#strikes[observed.what] = false;
        break;
      case 'gone':
        for (const call of observed.calls) this.#leave(call);
        break;
      case 'told':
        this.#candidates = this.#told(observed);
        break;
    }
    return this.#candidates.length > 0;
  }

  #told({ call, generation, event }: Extract<Observed, { kind: 'told' }>): readonly Candidate[] {
    if (event.at === 'calls') return this.#begins(call, generation);
    const which = this.#workers.get(call);
    if (which === undefined || !this.#live.has(which)) return [];
    const left = this.#candidates.flatMap((candidate) => {
      const after = this.#agreed(candidate, which, generation, event);
      return after === undefined ? [] : [{ state: after, done: { ...candidate.done, [which]: undefined } }];
    });
    if (event.at === 'ended' || event.at === 'recorded' || event.at === 'lets go') this.#live.delete(which);
    return left;
  }

  /** A call is a worker of its own. Its generation is there because somebody has asked for it. */
  #begins(call: string, generation: number): readonly Candidate[] {
    const which = this.#workers.size;
    this.#workers.set(call, which);
    this.#live.add(which);
    return this.#candidates.flatMap(({ state, done }) => {
      const asked = generation < state.opened || state.jobs[generation - 1]?.ended !== undefined;
      if (!asked) return [];
      const opened = Math.max(state.opened, generation + 1);
      return [{ state: { ...state, opened, workers: [...state.workers, { at: 'idle' } as const] }, done }];
    });
  }

  #leave(call: string): void {
    const which = this.#workers.get(call);
    if (which === undefined || !this.#live.delete(which)) return;
    this.#candidates = this.#candidates.map(({ state, done }) => ({
      state: letGo(state, which, WORLD),
      done,
    }));
  }

  /** The state after what was told, where the model's worker can have told it. */
  #agreed(candidate: Candidate, which: number, generation: number, event: Watched): State | undefined {
    const { state } = candidate;
    const step = candidate.done[which];
    const worker = state.workers[which];
    const job = state.jobs[generation];
    if (worker === undefined || job === undefined) return undefined;
    const does = step?.does ?? '';
    const when = (agrees: boolean, after: State = state) => (agrees ? after : undefined);
    switch (event.at) {
      case 'calls':
        return undefined;
      case 'ended':
        return when(step === undefined && job.ended === outcomeOf(event));
      case 'found':
        return when(
          /^finds (a start|it given up)$/.test(does) && this.#sameStart(event.started, job.started),
        );
      case 'begins':
        return when(worker.at === 'begins' && this.#sameBoot(event.boot, worker.boot));
      case 'gives up':
        return when(worker.at === 'gives up');
      case 'start stands': {
        const stands = ['records the start', 'finds it given up', 'gives up', 'finds a start'].includes(does);
        return when(stands && this.#sameStart(event.started, job.started));
      }
      case 'sends':
        return this.#sent(candidate, which, event.launches ? 'launch' : 'look');
      case 'claims':
        return this.#sent(candidate, which, 'claim');
      case 'answered':
        if (step?.saw === undefined || (does === LACKS) !== (event.why === 'library')) return undefined;
        return when(this.#sameSight(event, step.saw));
      case 'lost': {
        if (step !== undefined) return when(does === 'loses its connection');
        if (event.sent || worker.at !== 'waits') return undefined;
        return withWorker(state, which, { ...worker, at: 'asks' });
      }
      case 'knows':
        return when(worker.at === 'knows' && worker.outcome === endOf(event.end));
      case 'recorded': {
        const recorded = does.startsWith('records ') && !does.endsWith('start');
        return when(recorded && job.ended === outcomeOf(event));
      }
      case 'lets go':
        return when(
          step === undefined || step.saw !== undefined || worker.at !== 'idle',
          letGo(state, which, WORLD),
        );
    }
  }

  #sent({ state, done }: Candidate, which: number, mode: Mode): State | undefined {
    const worker = state.workers[which];
    if (worker?.at !== 'asks' || done[which] !== undefined) return undefined;
    const claims = mode === 'claim' && worker.mode === 'launch' && !worker.alone;
    if (worker.mode !== mode && !claims) return undefined;
    return withWorker(state, which, { ...worker, at: 'waits', mode });
  }

  #sameBoot(boot: string, model: number): boolean {
    return this.#boots[model] === boot;
  }

  #sameStart(started: Started, model: number | 'never' | undefined): boolean {
    if (model === undefined) return false;
    return started === 'never' || model === 'never' ? started === model : this.#sameBoot(started.boot, model);
  }

  #sameSight(
    told: { readonly seen: Seen; readonly act: Decision['act'] },
    { seen, act }: NonNullable<Step['saw']>,
  ): boolean {
    return (
      told.act === act &&
      told.seen.place === seen.place &&
      this.#sameBoot(told.seen.boot, Number(seen.boot)) &&
      // What it did by its look, it tells before it looks again.
      (told.seen.job === seen.job || act === 'start' || act === 'supervise') &&
      (told.seen.rc === undefined) === (seen.rc === undefined) &&
      told.seen.never === seen.never &&
      (act !== 'follow' || told.seen.supervisorLives)
    );
  }

  /** All states that can be reached by what is not seen. */
  #reached(): readonly Candidate[] {
    const found = new Map<string, Candidate>();
    const open = [...this.#candidates];
    for (let candidate = open.pop(); candidate !== undefined; candidate = open.pop()) {
      const key = JSON.stringify(candidate);
      if (found.has(key)) continue;
      found.set(key, candidate);
      for (const [step, state] of next(candidate.state, WORLD)) {
        if (this.#mayHappen(step, candidate)) open.push(after(candidate, step, state));
      }
      open.push(...this.#looksAgain(candidate));
    }
    return [...found.values()];
  }

  #mayHappen({ by, does }: Step, { done, state }: Candidate): boolean {
    if (typeof by === 'number') {
      // What it sends is told before it is sent.
      return this.#live.has(by) && done[by] === undefined && !does.startsWith('sends');
    }
    switch (by) {
      case 'host':
      case 'stray':
        return true;
      case 'person':
        return false;
      case 'mishap':
        if (does === 'its supervisor is killed') return this.#strikes.supervisor;
        if (does === 'its supervisor is killed as it takes go') return this.#supervisorsHit;
        return does === 'reboot' && this.#strikes.host && state.boot + 1 < this.#boots.length;
    }
  }

  /** An exec that has launched looks again and again, and tells of its last look. */
  *#looksAgain({ state, done }: Candidate): Generator<Candidate> {
    for (const which of this.#live) {
      const worker = state.workers[which];
      const step = done[which];
      const launched = step?.saw?.act === 'start' || step?.saw?.act === 'supervise';
      if (worker?.at !== 'asks' || !launched) continue;
      const { act } = executed(state, { ...worker, mode: 'look' }, WORLD);
      const seen = seenNow(state, worker.generation);
      const then = answered(state, which, { ...worker, mode: 'launch' }, act, WORLD);
      yield { state: then, done: { ...done, [which]: { ...step, saw: { seen, act } } } };
    }
  }
}

function after({ done }: Candidate, step: Step, state: State): Candidate {
  // How many mishaps may still come is no part of what may be: else each number would be a state of its own.
  const same = { ...state, crashes: AMPLE, losses: AMPLE };
  return { state: same, done: typeof step.by === 'number' ? { ...done, [step.by]: step } : done };
}

function endOf(end: string): Outcome {
  if (end === 'ended') return 'done';
  return end === 'unknown' ? 'unknown' : 'failed';
}

/** What the model calls a result: an exit status is an end, whatever it means. */
function outcomeOf({ outcome, rc }: { readonly outcome: string; readonly rc?: number | undefined }): Outcome {
  if (rc !== undefined) return 'done';
  return outcome === 'unknown' || outcome === 'unreachable' ? outcome : 'failed';
}

function said(observed: Observed): string {
  switch (observed.kind) {
    case 'told':
      return `generation ${observed.generation}, call ${observed.call.slice(0, 6)}: ${JSON.stringify(observed.event)}`;
    case 'gone':
      return 'its worker is gone';
    case 'strikes':
    case 'struck':
      return `${observed.kind} the ${observed.what}`;
  }
}
