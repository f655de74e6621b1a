import { checkExpression } from '../../plan/expressions/check.ts';
import { type CheckType, DYN } from '../../plan/expressions/check-types.ts';
import { evaluate } from '../../plan/expressions/evaluate.ts';
import { parseExpression } from '../../plan/expressions/parse.ts';
import type { Value } from '../../plan/expressions/values.ts';
import type { Check, Expr, OnFailure, Position, Template } from '../../plan/plan.ts';
import { look, type Scope, type Viewpoint } from '../check/scope.ts';
import type { Path } from '../yaml/source.ts';
import type { StepPlace, UnitContext } from './unit-context.ts';
import { viewFrom } from './unit-context.ts';

export type CommonForm = {
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly when?: string | undefined;
  readonly check?: { readonly [words: string]: string } | undefined;
  readonly on_failure?: OnFailure | undefined;
};

export type Common = {
  readonly id: string;
  readonly title?: Template;
  readonly at: Position;
  readonly when?: Expr;
  readonly onFailure: OnFailure;
};

/**
 * What every step has, its requirements left out: those look at what the step gave. A loop's `when` is asked
 * once, before it; its title is that of each turn.
 */
export function readCommon(
  unit: UnitContext,
  place: StepPlace,
  id: string,
  form: CommonForm,
  perHost: boolean,
  titleScope: Scope = place.scope,
): Common {
  const { source, expressions } = unit;
  const { path } = place;
  const when =
    form.when === undefined
      ? undefined
      : expressions.bare({ source, path: [...path, 'when'] }, form.when, viewFrom(place, perHost), 'bool');
  if (when !== undefined) warnOfNever(unit, place, when.expr);
  const after = { scope: titleScope, conditions: withWhen(place, form) };
  const title =
    form.title === undefined
      ? undefined
      : expressions.template({ source, path: [...path, 'title'] }, form.title, viewFrom(place, false, after));
  return {
    id,
    at: source.at(path),
    onFailure: form.on_failure ?? 'hold',
    ...(title === undefined ? {} : { title: title.template }),
    ...(when === undefined ? {} : { when: when.expr }),
  };
}

/** A step that no run comes to. */
function warnOfNever(unit: UnitContext, place: StepPlace, when: Expr): void {
  const denied = place.conditions.find((around) => isOpposite(around, when.cel));
  if (denied === undefined && constant(when) !== false) return;
  unit.complaints.warning(unit.source.at([...place.path, 'when']), {
    code: 'step/unreachable',
    message: `This step never happens: ${denied === undefined ? 'its when never holds' : `what is around it happens only when ${denied}`}.`,
    mend: 'Correct when, or remove the step.',
  });
}

function isOpposite(one: string, other: string): boolean {
  const not = (text: string) => [`not(${text})`, `!(${text})`, `!${text}`];
  return not(one).includes(other) || not(other).includes(one);
}

/** What an expression is that depends on nothing. */
export function constant(expr: Expr): Value | undefined {
  const parsed = parseExpression(expr.cel);
  if (!parsed.ok || parsed.identifiers.length > 0) return undefined;
  const result = evaluate(parsed, () => undefined);
  return result.ok ? result.value : undefined;
}

/** The conditions under which the inside of a step is evaluated. */
export function withWhen(place: StepPlace, form: { readonly when?: string | undefined }): readonly string[] {
  return form.when === undefined ? place.conditions : [...place.conditions, form.when.trim()];
}

export function readChecks(
  unit: UnitContext,
  path: Path,
  checks: { readonly [words: string]: string } | undefined,
  view: Viewpoint,
): readonly Check[] {
  return Object.entries(checks ?? {}).flatMap(([words, text]) => {
    const place = { source: unit.source, path: [...path, words] };
    const holds = unit.expressions.bare(place, text, view, 'bool');
    return holds === undefined
      ? []
      : [{ words, holds: holds.expr, figures: figuresOf(holds.expr.cel, view) }];
  });
}

/** What a failure prints: the names of the expression that have a value which says something, and sizes of lists. */
export function figuresOf(cel: string, view: Viewpoint): readonly string[] {
  const parsed = parseExpression(cel);
  if (!parsed.ok) return [];
  const figures = parsed.identifiers.map(({ name, path, offset, length }) => {
    const whole = [name, ...path].join('.');
    const sized = cel.slice(0, offset).endsWith('size(') && cel[offset + length] === ')';
    return sized ? `size(${whole})` : whole;
  });
  const env = (name: string): CheckType => {
    const seen = look(view, name);
    return seen?.ok === true ? seen.type : DYN;
  };
  return [...new Set(figures)].filter((figure) => {
    const { type, problems } = checkExpression(figure, env);
    return problems.length === 0 && isFigure(type);
  });
}

function isFigure(type: CheckType): boolean {
  if (type.kind === 'list') return type.of.kind !== 'list' && isFigure(type.of);
  return type.kind !== 'map' && type.kind !== 'secret';
}
