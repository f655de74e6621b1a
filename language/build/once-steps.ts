import { type CheckFields, type CheckType, DYN, oneOf } from '../../plan/expressions/check-types.ts';
import type { ApproveStep, CheckStep, Expr, ManualStep, SetStep } from '../../plan/plan.ts';
import type { Known } from '../check/scope.ts';
import type { ApproveForm, CheckForm, ManualForm, SetForm } from '../schema/once.ts';
import type { Path } from '../yaml/source.ts';
import { type Built, ownKnown } from './built.ts';
import { constant, readChecks, readCommon, withWhen } from './common.ts';
import { DEFAULTS } from './limits.ts';
import { type StepPlace, type UnitContext, viewFrom } from './unit-context.ts';

export function buildSet(unit: UnitContext, place: StepPlace, id: string, form: SetForm): Built {
  const { source, expressions } = unit;
  const { path } = place;
  const common = readCommon(unit, place, id, form, false);
  const conditions = withWhen(place, form);
  const unsure = conditions.length > 0 ? { unsure: { conditions, mayFail: false } } : {};
  const names = new Map<string, Known>();
  const scope = place.scope.copy();
  const values: [string, Expr][] = [];
  for (const [name, text] of Object.entries(form.set ?? {})) {
    const here = [...path, 'set', name];
    const read = expressions.bare({ source, path: here }, text, { scope, perHost: false, conditions });
    const type: CheckType = read?.type ?? DYN;
    if (type.kind === 'map' && type.view === true)
      unit.complaints.error(source.at(here), {
        code: 'set/no-value',
        message: `${type.title ?? 'This'} is no value by itself.`,
        mend: 'Name one of its fields, or .rows.',
      });
    const known: Known = { kind: 'value', what: 'set', type, at: source.keyAt(here), ...unsure };
    names.set(name, known);
    scope.names.set(name, { kind: 'value', what: 'set', type, at: source.keyAt(here) });
    if (read !== undefined) values.push([name, read.expr]);
  }
  const choose = Object.entries(form.choose ?? {}).flatMap(([name, text]): [string, Expr][] => {
    const place = { source, path: [...path, 'choose', name] };
    const holds = expressions.bare(place, text, { scope, perHost: false, conditions }, 'bool');
    return holds === undefined ? [] : [[name, holds.expr]];
  });
  warnOfLinesBehindTrue(unit, [...path, 'choose'], choose);
  const outputs: CheckFields = form.choose === undefined ? {} : { choice: oneOf(Object.keys(form.choose)) };
  const known = ownKnown(unit, place, form, outputs, true, false);
  const after = { scope, perHost: false, conditions, own: id };
  scope.names.set(id, known);
  const check = readChecks(unit, [...path, 'check'], form.check, after);
  const step: SetStep = { kind: 'set', ...common, check, values, choose };
  return { step, known, names };
}

/** The first line that holds is taken: nothing comes to the lines behind one that always holds. */
function warnOfLinesBehindTrue(unit: UnitContext, path: Path, choose: SetStep['choose']): void {
  const always = choose.findIndex(([, holds]) => constant(holds) === true);
  const behind = always < 0 ? undefined : choose[always + 1];
  if (behind === undefined) return;
  unit.complaints.warning(unit.source.keyAt([...path, behind[0]]), {
    code: 'choose/never',
    message: `${behind[0]} is never chosen: the line above it always holds.`,
    mend: 'Move the line that always holds to the end.',
  });
}

export function buildCheck(unit: UnitContext, place: StepPlace, id: string, form: CheckForm): Built {
  const common = readCommon(unit, place, id, form, false);
  const view = viewFrom(place, false, { conditions: withWhen(place, form) });
  const check = readChecks(unit, [...place.path, 'check'], form.check, view);
  const step: CheckStep = { kind: 'check', ...common, check };
  return { step, known: ownKnown(unit, place, form, {}, true, false) };
}

export function buildApprove(unit: UnitContext, place: StepPlace, id: string, form: ApproveForm): Built {
  const { source, expressions } = unit;
  const path = [...place.path, 'approve'];
  const common = readCommon(unit, place, id, form, false);
  const view = viewFrom(place, false, { conditions: withWhen(place, form) });
  const { approve } = form;
  const ask = expressions.template({ source, path: [...path, 'ask'] }, approve.ask, view);
  checkShown(unit, place, [...path, 'show'], approve.show, 'approve/unknown-step');
  const check = readChecks(unit, [...place.path, 'check'], form.check, view);
  const known = ownKnown(unit, place, form, {}, true, false);
  if (ask === undefined) return { known };
  const step: ApproveStep = {
    kind: 'approve',
    ...common,
    check,
    ask: ask.template,
    by: approve.by ?? [],
    count: approve.count ?? 1,
    allowRequester: approve.allow_requester ?? false,
    expiresMs: approve.expires ?? DEFAULTS.gateMs,
    show: approve.show ?? [],
  };
  return { step, known };
}

export function buildManual(unit: UnitContext, place: StepPlace, id: string, form: ManualForm): Built {
  const { source, expressions } = unit;
  const written = typeof form.manual === 'string';
  const path = [...place.path, 'manual'];
  const common = readCommon(unit, place, id, form, false);
  const view = viewFrom(place, false, { conditions: withWhen(place, form) });
  const { do: task, by, expires, show } = manualOf(form.manual);
  const read = expressions.template({ source, path: written ? path : [...path, 'do'] }, task, view);
  checkShown(unit, place, [...path, 'show'], show, 'manual/unknown-step');
  const check = readChecks(unit, [...place.path, 'check'], form.check, view);
  const known = ownKnown(unit, place, form, {}, true, false);
  if (read === undefined) return { known };
  const step: ManualStep = {
    kind: 'manual',
    ...common,
    check,
    task: read.template,
    by: by ?? [],
    expiresMs: expires ?? DEFAULTS.gateMs,
    show: show ?? [],
  };
  return { step, known };
}

function manualOf(form: ManualForm['manual']): Exclude<ManualForm['manual'], string> {
  return typeof form === 'string' ? { do: form } : form;
}

/** Steps whose outputs stand in the card are above it. */
function checkShown(
  { source, complaints }: UnitContext,
  place: StepPlace,
  path: Path,
  show: readonly string[] | undefined,
  code: string,
): void {
  for (const [i, shown] of (show ?? []).entries()) {
    const known = place.scope.names.get(shown);
    if (known?.kind === 'step' || (known?.kind === 'value' && known.type.kind === 'dyn')) continue;
    complaints.error(source.at(source.scalar(path) === undefined ? [...path, i] : path), {
      code,
      message: `There is no step ${shown} before this ${code.startsWith('manual') ? 'one' : 'gate'}.`,
      mend: 'show names steps above, whose outputs then stand in the card.',
    });
  }
}
