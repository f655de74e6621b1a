import { HoldfastError } from '../../plan/errors.ts';
import { decode } from '../../plan/expressions/encoding.ts';
import { evaluate } from '../../plan/expressions/evaluate.ts';
import { renderTemplate, renderText } from '../../plan/expressions/template.ts';
import { toText } from '../../plan/expressions/text.ts';
import { HostValue, isList, isMap, SecretRef, type Value, View } from '../../plan/expressions/values.ts';
import { HOST_FIELDS, hostField } from '../../plan/host-fields.ts';
import type { HostName } from '../../plan/ids.ts';
import type { Expr, Step, Template, Unit } from '../../plan/plan.ts';
import type { Port } from '../port.ts';
import type { Frame } from './frame.ts';
import { newStepState } from './step-state.ts';
import { bareHost, stepView } from './step-view.ts';
import type { Ground } from './walk.ts';

/** A name's value, or undefined for a name that there is not. */
export type Scope = {
  (name: string): Value | undefined;
  readonly saw?: NonNullable<Port['saw']>;
};

function secretsView(secrets: NonNullable<Unit['secrets']>): View {
  return new View(
    'secrets',
    (name) => (Object.hasOwn(secrets, name) ? new SecretRef(secrets[name] ?? '') : undefined),
    () => Object.keys(secrets),
  );
}

/** The names that an expression at this place sees; `here` is the host that the step is for, where it is for one. */
export function scopeOf(walk: Ground, frame: Frame, here?: HostName): Scope {
  const hostOf = (name: HostName) => hostIn(walk, frame.unit, name);
  const { saw } = walk.port;
  const scope: Scope = (name) => {
    switch (name) {
      case 'host':
        return here === undefined ? undefined : hostOf(here);
      case 'run':
        return { id: walk.input.run, requested_by: walk.input.requestedBy, reason: walk.input.reason };
      case 'secrets':
        return secretsView(frame.unit.secrets ?? {});
      default:
    }
    const found = frame.find(name);
    switch (found?.kind) {
      case 'value':
        return found.value;
      case 'step':
        return stepView(found.state, here, hostOf);
      case 'later':
        return found.read(here);
      case undefined:
    }
    const skipped = stepNamed(frame.unit.steps, name);
    // A step that was not reached (its group's `when` was false) has no rows, and says so of its fields.
    return skipped
      ? stepView({ ...newStepState(skipped, frame.instance(skipped, 1)), outcome: 'skipped' }, here, hostOf)
      : undefined;
  };
  return saw ? Object.assign(scope, { saw }) : scope;
}

function stepNamed(steps: readonly Step[], id: string): Step | undefined {
  for (const step of steps) {
    if (step.id === id) return step;
    const inner = step.kind === 'group' ? stepNamed(step.steps, id) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

/** A host as this unit sees it: what the plan knows of it, its inventory variables, and behind them the unit's `host_vars`. */
export function hostIn(walk: Ground, unit: Unit, name: HostName): HostValue {
  const host = walk.hosts.get(name);
  if (!host) return bareHost(name);
  const vars = new Map(unit.hostVars);
  const value: HostValue = new HostValue(
    name,
    (field) => {
      const known = hostField(host, field);
      if (known !== undefined) return known;
      const own = host.vars[field];
      if (own !== undefined) return decode(own, (other) => hostIn(walk, unit, other as HostName));
      const template = vars.get(field);
      return template ? renderHostVar(template, value, field) : undefined;
    },
    () => [...HOST_FIELDS, ...Object.keys(host.vars), ...vars.keys()],
  );
  return value;
}

function renderHostVar(template: Template, host: HostValue, field: string): Value {
  const rendered = renderTemplate(template, (name) => (name === 'host' ? host : undefined));
  if (rendered.ok) return rendered.value;
  throw new HoldfastError(
    'value/host-var',
    `${host.name}.${field}: ${rendered.message}`,
    rendered.mend ?? 'Correct host_vars, or set it in the inventory.',
  );
}

/** The same value, its hosts seen as another unit sees them: a callee has `host_vars` of its own. */
export function handOver(walk: Ground, unit: Unit, value: Value): Value {
  if (value instanceof HostValue) return hostIn(walk, unit, value.name);
  if (isList(value)) return value.map((item) => handOver(walk, unit, item));
  if (isMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, handOver(walk, unit, item)]));
  }
  return value;
}

/** Says which expression failed, where it stands, and why. */
export class ValueError extends HoldfastError {}

export function evaluated(expr: Expr, scope: Scope): Value {
  const result = evaluate(expr.cel, scope);
  if (result.ok) return result.value;
  throw new ValueError('value/expression', `${expr.cel}: ${result.message}`, result.mend ?? place(expr));
}

export function isTrue(expr: Expr, scope: Scope): boolean {
  const value = evaluated(expr, scope);
  if (typeof value === 'boolean') {
    scope.saw?.(expr, value);
    return value;
  }
  throw new ValueError(
    'value/not-a-bool',
    `${expr.cel} is ${toText(value)}, neither true nor false.`,
    place(expr),
  );
}

export function text(template: Template, scope: Scope): string {
  const result = renderText(template, scope);
  if (result.ok) return result.value;
  throw new ValueError('value/template', result.message, result.mend ?? 'Correct the text in the runbook.');
}

function place(expr: Expr): string {
  return expr.at
    ? `It stands at ${expr.at.file}:${expr.at.line}:${expr.at.column}.`
    : 'Correct the expression in the runbook.';
}
