import type { Expr, Plan, Position, Step } from '../plan/plan.ts';
import { type Place, type Places, placeNamed } from './places.ts';
import type { Told } from './told.ts';

/** Something that a case can reach: a step, or a way that it can go. */
type Way = { readonly runbook: string; readonly step: string; readonly what: string; readonly at: Position };

export type Missed = Omit<Way, 'runbook'>;
export type Figures = { readonly reached: number; readonly all: number };
export type RunbookCoverage = {
  readonly runbook: string;
  readonly steps: Figures;
  readonly branches: Figures;
  /** Whole percent of steps and branches together, rounded down. */
  readonly percent: number;
  readonly missed: readonly Missed[];
};

const STEP = 'never ran';

/** Which steps and branches of runbooks some case reached, wherever it came to them: also where another runbook uses them. */
export class Coverage {
  readonly #ways = new Map<string, Way>();
  readonly #reached = new Set<string>();

  /** Counts what a plan can do, and answers what the walk has to tell of conditions. */
  watch(plan: Plan): (expr: Expr, held: boolean) => void {
    const conditions = new Map<Expr, { readonly holds: string; readonly fails?: string }>();
    for (const unit of Object.values(plan.units)) {
      const way = (step: Step, what: string, at = step.at) =>
        this.#way({ runbook: unit.name, step: step.id, what, at });
      for (const step of allSteps(unit.steps)) {
        if (isRequirements(step)) continue;
        way(step, STEP);
        if (step.when)
          conditions.set(step.when, {
            holds: way(step, 'when: holds', step.when.at),
            fails: way(step, 'when: does not hold', step.when.at),
          });
        for (const { words, holds } of step.check)
          conditions.set(holds, {
            holds: way(step, `check: ${words}`, holds.at),
            fails: way(step, `check: not met: ${words}`, holds.at),
          });
        if (step.kind === 'set')
          for (const [name, expr] of step.choose)
            conditions.set(expr, { holds: way(step, `choose: ${name}`, expr.at) });
        for (const what of Object.values(GATES[step.kind] ?? {})) way(step, what);
        if ('rollback' in step && step.rollback) way(step, ROLLBACK);
        if ('loop' in step && step.loop) for (const turns of TURNS) way(step, turns);
      }
    }
    return (expr, held) => {
      const of = conditions.get(expr);
      const reached = held ? of?.holds : of?.fails;
      if (reached !== undefined) this.#reached.add(reached);
    };
  }

  /** Counts what a walk did. */
  add(told: Told, places: Places): void {
    const reach = (instance: string, what: (place: Place) => string | undefined) => {
      const place = placeNamed(places, instance);
      const reached = place && what(place);
      if (place && reached)
        this.#reached.add(keyOf({ runbook: place.unit.name, step: place.step.id, what: reached }));
    };
    const began = told.began();
    for (const step of began) reach(step, ({ undoes }) => (undoes ? ROLLBACK : STEP));
    for (const step of began.filter((one) => !one.endsWith(']'))) {
      const turns = began.filter((one) => isTurnOf(one, step)).length;
      reach(step, () => TURNS[Math.min(2, turns)]);
    }
    for (const entry of told.entries) {
      if (entry.kind === 'step.ended' && entry.data.outcome === 'succeeded')
        reach(entry.data.step, ({ step }) => GATES[step.kind]?.passed);
      if (entry.kind === 'run.held') reach(entry.data.step, ({ step }) => GATES[step.kind]?.not);
    }
    // Where a failure ends the run, nothing is held: what did not pass has begun, and has not ended.
    const over = new Set(
      told.entries.flatMap((entry) => (entry.kind === 'step.ended' ? [entry.data.step] : [])),
    );
    if (told.walked.end?.status === 'failed')
      for (const one of told.entries)
        if (one.kind === 'step.started' && !over.has(one.data.step))
          reach(one.data.step, ({ step }) => GATES[step.kind]?.not);
  }

  /** Of these runbooks, in their order. */
  of(runbooks: Iterable<string>): readonly RunbookCoverage[] {
    return [...runbooks].map((runbook) => {
      const ways = [...this.#ways].filter(([, way]) => way.runbook === runbook);
      const reached = ways.filter(([key]) => this.#reached.has(key));
      const figures = (steps: boolean): Figures => ({
        reached: reached.filter(([, way]) => (way.what === STEP) === steps).length,
        all: ways.filter(([, way]) => (way.what === STEP) === steps).length,
      });
      return {
        runbook,
        steps: figures(true),
        branches: figures(false),
        percent: ways.length === 0 ? 0 : Math.floor((reached.length * 100) / ways.length),
        missed: ways
          .filter(([key]) => !this.#reached.has(key))
          .map(([, { step, what, at }]) => ({ step, what, at }))
          .sort((a, b) => a.at.line - b.at.line),
      };
    });
  }

  #way(way: Way): string {
    const key = keyOf(way);
    if (!this.#ways.has(key)) this.#ways.set(key, way);
    return key;
  }
}

const ROLLBACK = 'rollback: never ran';

/** Where a person is asked, it goes one way or the other. */
const GATES: { readonly [kind: string]: { readonly passed: string; readonly not: string } } = {
  approve: { passed: 'approved', not: 'not approved' },
  manual: { passed: 'confirmed', not: 'not confirmed' },
};

const TURNS = ['a loop without a turn', 'a loop of one turn', 'a loop of several turns'] as const;

/** `join[etcd01]` of `join`. */
function isTurnOf(instance: string, loop: string): boolean {
  return instance.startsWith(`${loop}[`) && /^\[[^\]]*\]$/.test(instance.slice(loop.length));
}

function keyOf({ runbook, step, what }: Pick<Way, 'runbook' | 'step' | 'what'>): string {
  return JSON.stringify([runbook, step, what]);
}

function allSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => (step.kind === 'group' ? [step, ...allSteps(step.steps)] : [step]));
}

/** A used runbook's `requires` stand in the plan as a step that nobody wrote. */
function isRequirements(step: Step): boolean {
  return step.kind === 'check' && step.id === 'requires';
}
