import { INT, STRING } from '../../plan/expressions/check-types.ts';
import type { Become, RunStep, ScriptDone } from '../../plan/plan.ts';
import type { Viewpoint } from '../check/scope.ts';
import type { RunForm } from '../schema/run.ts';
import type { Path } from '../yaml/source.ts';
import { readBecome } from './become.ts';
import { type Built, ownKnown } from './built.ts';
import { type Common, readChecks, readCommon, withWhen } from './common.ts';
import { readEnv, readOn, readOnHosts } from './host-step.ts';
import { DEFAULTS } from './limits.ts';
import { outputFields, readOutputs } from './outputs.ts';
import { readScript } from './script.ts';
import { type StepPlace, type UnitContext, viewFrom } from './unit-context.ts';

export function buildRun(unit: UnitContext, place: StepPlace, id: string, form: RunForm): Built {
  const { path } = place;
  const common: Common = readCommon(unit, place, id, form, true);
  const on = readOn(unit, place, form, true);
  const inside = viewFrom(place, true, { conditions: withWhen(place, form) });
  const outputs = readOutputs(unit, [...path, 'outputs'], form.outputs, undefined, form.sensitive === true);
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
  const become = readBecome(unit, [...path, 'become'], form.become, inside, place.become);
  warnOfTrace(unit, path, form, env);
  const done = readDone(unit, [...path, 'done'], form, inside, become);
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
    ...(become === undefined ? {} : { become }),
    ...(done === undefined ? {} : { done }),
    ...(hosts.rollback === undefined || become === undefined
      ? {}
      : { rollback: { ...hosts.rollback, become } }),
  };
  return { step, known };
}

/** A shell that prints what it does prints the values with it. */
function warnOfTrace(unit: UnitContext, path: Path, form: RunForm, env: RunStep['env']): void {
  const secret = Object.entries(env).find(([, template]) => unit.expressions.secretive.has(template));
  const traced = /^[ \t]*set[ \t]+-[a-z]*x/m.exec(form.run);
  if (secret === undefined || (traced === null && !/\s-[a-z]*x/.test(form.shell ?? ''))) return;
  const at = unit.source;
  unit.complaints.warning(
    traced === null ? at.at([...path, 'shell']) : at.within([...path, 'run'], traced.index),
    {
      code: 'secret/trace',
      message: `The shell prints every command here, and ${secret[0]} is a secret.`,
      mend: 'Remove -x. What is printed is masked, but a part of a secret, or another form of it, is not found.',
    },
  );
}

function readDone(
  unit: UnitContext,
  path: Path,
  { done: form, shell }: RunForm,
  view: Viewpoint,
  around: Become | undefined,
): ScriptDone | undefined {
  if (form === undefined) return undefined;
  const full = typeof form === 'string' ? { run: form } : form;
  const {
    run,
    every,
    within,
    become: own,
  } = { every: undefined, within: undefined, become: undefined, ...full };
  const script = readScript(unit, typeof form === 'string' ? path : [...path, 'run'], run, shell);
  const become = readBecome(unit, [...path, 'become'], own, view, around);
  if (script === undefined) return undefined;
  return {
    script,
    everyMs: every ?? DEFAULTS.doneEveryMs,
    withinMs: within ?? DEFAULTS.doneWithinMs,
    ...(become === undefined ? {} : { become }),
  };
}
