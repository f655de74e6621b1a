import { INT, STRING } from '../../plan/expressions/check-types.ts';
import type { RunStep, ScriptDone } from '../../plan/plan.ts';
import type { RunForm } from '../schema/run.ts';
import type { Path } from '../yaml/source.ts';
import { type Built, ownKnown } from './built.ts';
import { type Common, readChecks, readCommon, withWhen } from './common.ts';
import { outputFields, readEnv, readOn, readOnHosts, readOutputs } from './host-step.ts';
import { DEFAULTS } from './limits.ts';
import { readScript } from './script.ts';
import { type StepPlace, type UnitContext, viewFrom } from './unit-context.ts';

export function buildRun(unit: UnitContext, place: StepPlace, id: string, form: RunForm): Built {
  const { path } = place;
  const common: Common = readCommon(unit, place, id, form, true);
  const on = readOn(unit, place, form, true);
  const inside = viewFrom(place, true, { conditions: withWhen(place, form) });
  const outputs = readOutputs(unit, [...path, 'outputs'], form.outputs, undefined);
  const known = ownKnown(
    unit,
    place,
    form,
    outputFields(place, outputs),
    on?.single === true || form.any === true,
  );
  const after = { ...inside, scope: place.scope.with(id, known), own: id };
  const env = { ...place.env, ...readEnv(unit, [...path, 'env'], form.env, inside) };
  const script = readScript(unit, [...path, 'run'], form.run, form.shell);
  const done = readDone(unit, [...path, 'done'], form.done, form.shell);
  const hosts = readOnHosts(
    unit,
    place,
    form,
    { retry: { ...inside, extra: { rc: INT, stderr: STRING } }, rollback: after },
    env,
  );
  const check = readChecks(unit, [...path, 'check'], form.check, after);
  if (script === undefined || on === undefined) return { known };
  const step: RunStep = {
    kind: 'run',
    ...common,
    check,
    on: on.set,
    ...hosts,
    env,
    outputs,
    script,
    ...(done === undefined ? {} : { done }),
  };
  return { step, known };
}

function readDone(
  unit: UnitContext,
  path: Path,
  form: RunForm['done'],
  shell?: string,
): ScriptDone | undefined {
  if (form === undefined) return undefined;
  const { run, every, within } =
    typeof form === 'string' ? { run: form } : { every: undefined, within: undefined, ...form };
  const script = readScript(unit, typeof form === 'string' ? path : [...path, 'run'], run, shell);
  if (script === undefined) return undefined;
  return { script, everyMs: every ?? DEFAULTS.doneEveryMs, withinMs: within ?? DEFAULTS.doneWithinMs };
}
