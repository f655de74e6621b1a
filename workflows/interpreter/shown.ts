import { encode } from '../../plan/expressions/encoding.ts';
import { toText } from '../../plan/expressions/text.ts';
import { isList, isMap, SecretRef, type Value, View } from '../../plan/expressions/values.ts';
import type { Json, JsonObject } from '../../plan/json.ts';
import type { Frame } from './frame.ts';
import { hostIn } from './scope.ts';
import { type StepState, tookPlace } from './step-state.ts';
import type { Walk } from './walk.ts';

/** The outputs of these steps, as a card shows them to whom is asked: a row for each host. */
export function shownOutputs(walk: Walk, frame: Frame, steps: readonly string[]): Json {
  const entries = steps.flatMap((id) => {
    const found = frame.find(id);
    return found?.kind === 'step' ? [[id, shownStep(walk, frame, found.state)] as const] : [];
  });
  return Object.fromEntries(entries);
}

function shownStep(walk: Walk, frame: Frame, state: StepState): JsonObject {
  if (state.hosts.length === 0) return texts(Object.entries(state.fields));
  const rows = state.hosts.flatMap((host) => {
    const result = state.results.get(host);
    if (!result) return [];
    const outputs = tookPlace(result.outcome)
      ? texts(Object.entries(state.outputs.get(host) ?? {}))
      : { outcome: result.outcome, reason: result.reason ?? '' };
    return [[hostIn(walk, frame.unit, host).name, outputs] as const];
  });
  return Object.fromEntries(rows);
}

function texts(entries: readonly (readonly [string, Value])[]): JsonObject {
  return Object.fromEntries(
    entries.filter(([, value]) => !(value instanceof View)).map(([name, value]) => [name, shown(value)]),
  );
}

/** Of what is secret, where it is found. */
function shown(value: Value): Json {
  if (typeof value === 'bigint' || holdsSecret(value)) return encode(value);
  return toText(value);
}

function holdsSecret(value: Value): boolean {
  if (value instanceof SecretRef) return true;
  if (isList(value)) return value.some(holdsSecret);
  return isMap(value) && Object.values(value).some(holdsSecret);
}
