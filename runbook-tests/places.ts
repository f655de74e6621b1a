import type { Complaints, Remark } from '../plan/complaints.ts';
import { didYouMean, nearestName } from '../plan/expressions/nearest-name.ts';
import { staticPath, stepInstance } from '../plan/ids.ts';
import type { Plan, Position, Step, Unit } from '../plan/plan.ts';

/** A step at its place in the plan; `path` is what the record calls it, loop keys left out: `join/register`. */
export type Place = {
  readonly path: string;
  readonly unit: Unit;
  readonly step: Step;
  /** It is the rollback of that step: `join/register/rollback`. */
  readonly undoes?: true;
};
export type Places = ReadonlyMap<string, Place>;

/** Runbooks that use each other have many places: more than these are no runbook's. */
const MOST_PLACES = 20_000;

/** Every step of a plan, also those of the runbooks that it uses, in the order of the files. */
export function placesOf(plan: Plan): Places {
  const places = new Map<string, Place>();
  const main = plan.units[plan.main];
  if (main) addSteps(main, main.steps, '');
  return places;

  function addSteps(unit: Unit, steps: readonly Step[], prefix: string): void {
    for (const step of steps) {
      const path = `${prefix}${step.id}`;
      if (places.size >= MOST_PLACES) return;
      places.set(path, { path, unit, step });
      if ('rollback' in step && step.rollback) {
        const back = `${path}/rollback`;
        places.set(back, { path: back, unit, step: { ...step, outputs: {} }, undoes: true });
      }
      if (step.kind === 'group') addSteps(unit, step.steps, `${path}/`);
      const used = step.kind === 'use' ? plan.units[step.unit] : undefined;
      if (used) addSteps(used, used.steps, `${path}/`);
    }
  }
}

/** The place that a test names: `join`, `join/register`, or one turn of a loop: `join[etcd02]/register`. */
export function placeNamed(places: Places, named: string): Place | undefined {
  return places.get(staticPath(stepInstance(named)));
}

/** Complains of a step that there is not. */
export function knownPlace(
  places: Places,
  named: string,
  at: Position,
  complaints: Complaints,
): Place | undefined {
  const place = placeNamed(places, named);
  if (place === undefined) complaints.error(at, unknownStep(places, named));
  return place;
}

function unknownStep(places: Places, named: string): Remark {
  const paths = [...places.keys()];
  const inner = paths.filter((path) => path.endsWith(`/${named}`));
  return {
    code: 'test/unknown-step',
    message: `There is no step ${named}.`,
    mend:
      inner.length > 0
        ? `Write it with the steps around it: ${inner.slice(0, 3).join(', ')}.`
        : (didYouMean(named, paths) ?? 'The runbook has no steps.'),
    nearest: inner[0] ?? nearestName(named, paths),
  };
}

/** Whether a step of the record is the one that a test names: without keys any turn of a loop, without takes any take. */
export function isAt(instance: string, named: string): boolean {
  const taken = instance.replace(/~\d+/g, '');
  return taken === named || staticPath(stepInstance(taken)) === named;
}
