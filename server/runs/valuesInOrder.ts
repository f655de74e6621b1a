import type { JsonObject } from '../../plan/json.ts';
import type { Step } from '../../plan/plan.ts';

/** What a `set` step made up, as the runbook says it: the record sorts names. Of other steps as it stands. */
export function valuesInOrder(values: JsonObject, step: Step | undefined): JsonObject {
  if (step?.kind !== 'set') return values;
  const rank = new Map(step.values.map(([name], at) => [name, at]));
  const names = Object.entries(values).toSorted(([a], [b]) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  return Object.fromEntries(names);
}
