import type { CheckFields } from '../../plan/expressions/check-types.ts';
import type { Step } from '../../plan/plan.ts';
import type { Known } from '../check/scope.ts';
import { withWhen } from './common.ts';
import type { StepPlace, UnitContext } from './unit-context.ts';

/** A step as built (left out where something is wrong with it), and what later steps know by its id. */
export type Built = {
  readonly step?: Step;
  readonly known: Known;
  /** Further plain names that it gives. */
  readonly names?: ReadonlyMap<string, Known>;
};

export function ownKnown(
  unit: UnitContext,
  place: StepPlace,
  form: { readonly when?: string | undefined; readonly may_fail?: boolean | undefined },
  outputs: CheckFields,
  single: boolean,
  perHost = true,
): Known {
  const conditions = withWhen(place, form);
  const mayFail = form.may_fail === true;
  return {
    kind: 'step',
    outputs,
    perHost,
    single,
    at: unit.source.at(place.path),
    ...(conditions.length > 0 || mayFail ? { unsure: { conditions, mayFail } } : {}),
  };
}
