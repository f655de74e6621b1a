import { convert } from '../../plan/expressions/conversion.ts';
import type { ValueMap } from '../../plan/expressions/values.ts';
import type { HostName } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import { isHostStep, type OutputSpec, type Step } from '../../plan/plan.ts';
import { givenType } from '../../plan/sensitive.ts';
import type { Frame } from './frame.ts';
import type { Considered } from './point.ts';
import { hostIn } from './scope.ts';
import type { Walk } from './walk.ts';

/** The outputs of a step that a person gives in its place. A sensitive one by where it is found: what is given is recorded. */
function declared(step: Step): { readonly [name: string]: OutputSpec } {
  if (!isHostStep(step)) return {};
  return Object.fromEntries(
    Object.entries(step.outputs).map(([name, spec]) => [name, { type: givenType(spec) }]),
  );
}

/** Why these outputs won't do: what is given must fit, and what later steps read must be given. */
export function checkOutputs(
  walk: Walk,
  frame: Frame,
  step: Step,
  given: JsonObject | undefined,
  skipping: boolean,
): Considered | undefined {
  const specs = declared(step);
  for (const [name, raw] of Object.entries(given ?? {})) {
    const spec = specs[name];
    if (!spec)
      return {
        ok: false,
        why: `${step.id} has no output ${name}.`,
        mend: `It has: ${Object.keys(specs).join(', ') || 'none'}.`,
      };
    const converted = convert(spec.type, raw, (host) => hostIn(walk, frame.unit, host as HostName));
    if (!converted.ok)
      return { ok: false, why: `${name}: ${converted.message}`, mend: 'Give a value of its declared type.' };
  }
  const missing = Object.keys(specs).filter(
    (name) => given?.[name] === undefined && isRead(frame, step.id, name),
  );
  if (missing.length === 0) return undefined;
  const flags = missing.map((name) => `--output ${name}=…`).join(' ');
  return {
    ok: false,
    why: `Later steps need ${missing.map((name) => `${step.id}.${name}`).join(', ')}.`,
    mend: `Give ${missing.length > 1 ? 'them' : 'it'}: holdfast ${skipping ? 'skip' : 'resolve'} ${walk.input.run} ${flags}`,
  };
}

/** Whether an expression of the unit reads `ID.name`. Rows that are missing are nothing that has to be given. */
function isRead(frame: Frame, id: string, name: string): boolean {
  const source = JSON.stringify([frame.unit.steps, frame.unit.outputs]);
  return new RegExp(`\\b${id}\\.${name}\\b`).test(source);
}

/** What a person gave, as values. Only what `checkOutputs` let through is recorded. */
export function readOutputs(walk: Walk, frame: Frame, step: Step, given: JsonObject | undefined): ValueMap {
  const specs = declared(step);
  const values = Object.entries(given ?? {}).flatMap(([name, raw]) => {
    const spec = specs[name];
    const converted = spec
      ? convert(spec.type, raw, (host) => hostIn(walk, frame.unit, host as HostName))
      : undefined;
    return converted?.ok ? [[name, converted.value] as const] : [];
  });
  return Object.fromEntries(values);
}
