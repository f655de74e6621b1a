import { HoldfastError } from '../../../plan/errors.ts';
import { encodeMap } from '../../../plan/expressions/encoding.ts';
import type { Value } from '../../../plan/expressions/values.ts';
import type { SetStep } from '../../../plan/plan.ts';
import type { Frame } from '../frame.ts';
import { evaluated, isTrue, type Scope, scopeOf } from '../scope.ts';
import type { StepState } from '../step-state.ts';
import { note, type Walk } from '../walk.ts';

/** Names for later steps, in order; `choose`: the first expression that holds is the choice. */
export async function setValues(walk: Walk, frame: Frame, step: SetStep, state: StepState): Promise<void> {
  const values: { [name: string]: Value } = {};
  for (const [name, expr] of step.values) {
    const value = evaluated(expr, scopeOf(walk, frame));
    values[name] = value;
    frame.bind(name, value);
  }
  const choice = chosen(step, scopeOf(walk, frame));
  state.fields = choice === undefined ? values : { ...values, choice };
  note(walk, 'value.set', state.instance, {
    step: state.instance,
    values: encodeMap(values),
    ...(choice === undefined ? {} : { choice }),
  });
}

/** The first line of `choose` that holds; undefined where there is no `choose`. */
export function chosen(step: SetStep, scope: Scope): string | undefined {
  if (step.choose.length === 0) return undefined;
  for (const [name, expr] of step.choose) if (isTrue(expr, scope)) return name;
  throw new HoldfastError(
    'set/no-choice',
    `No line of choose holds: ${step.choose.map(([name]) => name).join(', ')}.`,
    'Add a last line that always holds.',
  );
}
