import type { Check, Position } from '../../plan/plan.ts';
import type { Scope } from '../check/scope.ts';
import { figuresOf } from './common.ts';
import type { UnitContext } from './unit-context.ts';

/** A requirement of the inputs, and where it stands. */
export type Requirement = { readonly check: Check; readonly at: Position };

export function readRequirements(unit: UnitContext, scope: Scope): readonly Requirement[] {
  const view = { scope, perHost: false, conditions: [] };
  return Object.entries(unit.runbook.form.requires ?? {}).flatMap(([words, text]) => {
    const place = { source: unit.source, path: ['requires', words] };
    const holds = unit.expressions.bare(place, text, view, 'bool');
    if (holds === undefined) return [];
    return [
      {
        check: { words, holds: holds.expr, figures: figuresOf(holds.expr.cel, view) },
        at: unit.source.keyAt(place.path),
      },
    ];
  });
}
