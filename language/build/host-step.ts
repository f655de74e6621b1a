import type { Effect, HostStep, Retry, Rollback, RunStep, Serial, Template } from '../../plan/plan.ts';
import type { Viewpoint } from '../check/scope.ts';
import type { RunForm } from '../schema/run.ts';
import type { hostKeys } from '../schema/step.ts';
import type { Path } from '../yaml/source.ts';
import { readHosts } from './hosts.ts';
import { DEFAULTS } from './limits.ts';
import { readMaxFailures } from './max-failures.ts';
import { readScript } from './script.ts';
import type { Hosts, StepPlace, UnitContext } from './unit-context.ts';
import { viewFrom } from './unit-context.ts';

type HostForm = Pick<RunForm, keyof typeof hostKeys> & { readonly http?: unknown };

/** The hosts of a step: its own `on`, else the one it inherits. */
export function readOn(
  unit: UnitContext,
  place: StepPlace,
  form: HostForm,
  needed: boolean,
): Hosts | undefined {
  if (form.on !== undefined) return readHosts(unit, [...place.path, 'on'], form.on, viewFrom(place, false));
  if (place.on !== undefined || !needed) return place.on;
  unit.complaints.error(unit.source.at(place.path), {
    code: 'step/no-hosts',
    message: 'This step happens on hosts, and nothing says on which.',
    mend: 'Add on: PATTERN to the step, to a group around it, or to the runbook.',
  });
  return undefined;
}

/** `1`, `5` or `25%`. */
export function readSerial(unit: UnitContext, path: Path, text: string | undefined): Serial | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,5})\s?(%?)$/.exec(text);
  const amount = Number(match?.[1]);
  if (match !== null && amount >= 1 && (match[2] === '' || amount <= 100))
    return match[2] === '' ? { hosts: amount } : { percent: amount };
  unit.complaints.error(unit.source.at(path), {
    code: 'step/serial',
    message: 'serial is a number of hosts (1, 5) or a share of them (25%).',
    mend: 'Write serial: 1 for one after the other.',
  });
  return undefined;
}

export function readEnv(
  unit: UnitContext,
  path: Path,
  env: { readonly [name: string]: string } | undefined,
  view: Viewpoint,
): { readonly [name: string]: Template } {
  return Object.fromEntries(
    Object.entries(env ?? {}).flatMap(([name, text]) => {
      const place = { source: unit.source, path: [...path, name] };
      const read = unit.expressions.template(place, text, { ...view, secrets: 'in text' });
      return read === undefined ? [] : [[name, read.template]];
    }),
  );
}

function readRetry(
  unit: UnitContext,
  path: Path,
  form: HostForm['retry'],
  view: Viewpoint,
): Retry | undefined {
  if (form === undefined) return undefined;
  const { within, times, every, backoff, when } = form;
  if ((within === undefined) === (times === undefined)) {
    unit.complaints.error(unit.source.at(path), {
      code: 'retry/limit',
      message: 'retry needs either within or times, and not both.',
      mend: 'Write retry: { within: 30s } or retry: { times: 3 }.',
    });
    return undefined;
  }
  const condition =
    when === undefined
      ? undefined
      : unit.expressions.bare({ source: unit.source, path: [...path, 'when'] }, when, view, 'bool');
  return {
    ...(within === undefined ? { times: times ?? 1 } : { withinMs: within }),
    everyMs: every ?? DEFAULTS.retryEveryMs,
    backoff: backoff ?? (every === undefined ? DEFAULTS.retryBackoff : 1),
    ...(condition === undefined ? {} : { when: condition.expr }),
  };
}

type OnHosts = Pick<
  HostStep,
  | 'any'
  | 'effect'
  | 'mayFail'
  | 'idempotent'
  | 'onUnknown'
  | 'sensitive'
  | 'timeoutMs'
  | 'retry'
  | 'serial'
  | 'maxFailures'
  | 'rollback'
>;

/** What `run` and `http` have alike. `retryView` is what `retry.when` sees; `rollbackView` knows the step's outputs. */
export function readOnHosts(
  unit: UnitContext,
  place: StepPlace,
  form: HostForm,
  views: { readonly retry: Viewpoint; readonly rollback: Viewpoint },
  env: RunStep['env'],
): OnHosts {
  const { source, complaints } = unit;
  const { path } = place;
  const effect: Effect = form.effect ?? 'change';
  const refuse = (key: string, code: string, message: string, mend: string) =>
    complaints.error(source.keyAt([...path, key]), { code, message, mend });
  if (form.any === true && effect !== 'read')
    refuse(
      'any',
      'step/any',
      'any takes the first host that answers: only a step with effect: read may do so.',
      'Add effect: read, or remove any.',
    );
  if (effect === 'destroy' && form.retry !== undefined)
    refuse(
      'retry',
      'destroy/repeats',
      'A step that destroys never repeats by itself.',
      'Remove retry: a person can run it once more.',
    );
  if (effect === 'destroy' && form.on_unknown === 'retry')
    refuse(
      'on_unknown',
      'destroy/repeats',
      'A step that destroys never repeats by itself.',
      'Use on_unknown: ask.',
    );
  if (effect === 'destroy' && form.idempotent === true)
    refuse(
      'idempotent',
      'destroy/repeats',
      'A step that destroys is not idempotent.',
      'Remove idempotent, or use effect: change.',
    );
  if (effect === 'read' && form.rollback !== undefined)
    refuse(
      'rollback',
      'rollback/read',
      'A step that only reads has nothing to undo.',
      'Remove rollback, or say what the step does: effect: change.',
    );
  const retry = readRetry(unit, [...path, 'retry'], form.retry, views.retry);
  const serial = readSerial(unit, [...path, 'serial'], form.serial);
  const maxFailures = readMaxFailures(unit, path, form);
  const rollback =
    form.rollback === undefined ? undefined : readRollback(unit, path, form.rollback, views.rollback, env);
  const idempotent = form.idempotent ?? false;
  return {
    any: form.any ?? false,
    effect,
    mayFail: form.may_fail ?? false,
    idempotent,
    onUnknown: form.on_unknown ?? (effect === 'read' || idempotent ? 'retry' : 'ask'),
    sensitive: form.sensitive ?? false,
    timeoutMs:
      form.timeout ??
      (form.http !== undefined ? DEFAULTS.httpMs : effect === 'read' ? DEFAULTS.readMs : DEFAULTS.changeMs),
    ...(retry === undefined ? {} : { retry }),
    ...(serial === undefined ? {} : { serial }),
    ...(maxFailures === undefined ? {} : { maxFailures }),
    ...(rollback === undefined ? {} : { rollback }),
  };
}

function readRollback(
  unit: UnitContext,
  path: Path,
  form: NonNullable<HostForm['rollback']>,
  view: Viewpoint,
  env: RunStep['env'],
): Rollback | undefined {
  const here = [...path, 'rollback'];
  const text = typeof form === 'string' ? form : form.run;
  const script = readScript(unit, typeof form === 'string' ? here : [...here, 'run'], text);
  const own = typeof form === 'string' ? {} : readEnv(unit, [...here, 'env'], form.env, view);
  return script === undefined ? undefined : { script, env: { ...env, ...own } };
}
