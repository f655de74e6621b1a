import { parseExpression } from '../../plan/expressions/parse.ts';
import type { Json, JsonObject } from '../../plan/json.ts';
import type { Plan, Step } from '../../plan/plan.ts';

/** One input that was chosen otherwise than in a plan, all other choices being alike. */
export type Otherwise = { readonly input: string; readonly value: string | boolean };

/** The inputs that decide which steps happen: texts and booleans that a `when` of the runbook itself names. */
export function choicesOf(plan: Plan): JsonObject {
  const named = new Set(whens(plan.units[plan.main]?.steps ?? []).flatMap(namesIn));
  const entries = Object.entries(plan.inputs).filter(([name, value]) => named.has(name) && isPlain(value));
  return Object.fromEntries(entries);
}

/** In what the inputs of an earlier run differ from these choices. */
export function differences(choices: JsonObject, inputs: JsonObject): readonly Otherwise[] {
  return Object.entries(choices).flatMap(([input, value]): readonly Otherwise[] => {
    const was = inputs[input];
    return isPlain(was) && was !== value ? [{ input, value: was }] : [];
  });
}

function isPlain(value: Json | undefined): value is string | boolean {
  return typeof value === 'string' || typeof value === 'boolean';
}

function whens(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => [
    ...(step.when === undefined ? [] : [step.when.cel]),
    ...(step.kind === 'group' ? whens(step.steps) : []),
  ]);
}

function namesIn(cel: string): readonly string[] {
  const parsed = parseExpression(cel);
  return parsed.ok ? parsed.identifiers.map(({ name }) => name) : [];
}
