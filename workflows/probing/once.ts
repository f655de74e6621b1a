import { encodeMap } from '../../plan/expressions/encoding.ts';
import type { Value, View } from '../../plan/expressions/values.ts';
import type { HostName } from '../../plan/ids.ts';
import type { Check, SetStep, Step } from '../../plan/plan.ts';
import type { Prospect } from '../../plan/probes.ts';
import { unmet } from '../interpreter/checks.ts';
import type { Frame } from '../interpreter/frame.ts';
import { evaluated, isTrue, type Scope, scopeOf } from '../interpreter/scope.ts';
import { newStepState } from '../interpreter/step-state.ts';
import { chosen } from '../interpreter/steps/set.ts';
import { laterView, miss, type Place, type Probing, type Sight, seen } from './probing.ts';

/** Whether a step that happens once would happen. */
export function happens(walk: Probing, frame: Frame, step: Step): Sight<boolean> {
  const { when } = step;
  if (when === undefined) return { is: 'known', value: true };
  return seen(walk, () => isTrue(when, scopeOf(walk, frame)));
}

/** Requirements, each by itself: which hold, which do not, and which only the run can tell. */
export function foreseeChecks(
  walk: Probing,
  frame: Frame,
  step: Step,
  checks: readonly Check[],
  scope: Scope,
  hosts: readonly HostName[] = [],
): void {
  const expect = (what: Prospect, says: string, about = {}) =>
    walk.report.expect({ step: frame.instance(step, 1), what, says, ...about }, hosts);
  for (const check of checks) {
    const holds = seen(walk, () => isTrue(check.holds, scope));
    if (holds.is === 'later') expect('unknown', holds.why, { about: `whether ${check.words}` });
    else if (holds.is === 'known' && holds.value) expect('met', check.words);
    else expect('would_stop', unmet([check], scope) ?? check.words);
  }
}

/** Names for later steps; what can be known of them is. */
export function foreseeSet(walk: Probing, { frame }: Place, step: SetStep): void {
  const instance = frame.instance(step, 1);
  const fields = new Map<string, Value>();
  const later = new Map<string, string[]>();
  let why = '';
  const keep = (name: string, sight: Sight<Value>) => {
    if (sight.is === 'known') {
      fields.set(name, sight.value);
      return;
    }
    if (sight.is === 'wrong')
      walk.report.expect({ step: instance, what: 'would_stop', says: `${name}: ${sight.why}` });
    else later.set(sight.why, [...(later.get(sight.why) ?? []), name]);
    why = sight.is === 'later' ? sight.why : `${instance} can't tell: ${sight.why}`;
  };
  for (const [name, expr] of step.values) {
    const sight = seen(walk, () => evaluated(expr, scopeOf(walk, frame)));
    keep(name, sight);
    if (sight.is === 'known') frame.bind(name, sight.value);
    else {
      const because = why;
      frame.bindLater(name, () => miss(walk, because));
    }
  }
  if (step.choose.length > 0) {
    const choice = seen(walk, () => chosen(step, scopeOf(walk, frame)) ?? null);
    keep('choice', choice);
  }
  if (fields.size > 0) {
    const values = seen(walk, () => encodeMap(Object.fromEntries(fields)));
    if (values.is === 'known') walk.report.expect({ step: instance, what: 'known', values: values.value });
  }
  for (const [says, names] of later)
    walk.report.expect({ step: instance, what: 'unknown', says, about: names.join(', ') });
  const state = { ...newStepState(step, instance), outcome: 'succeeded' as const };
  state.fields = Object.fromEntries(fields);
  if (why === '') frame.bindStep(state);
  else frame.bind(step.id, laterFields(walk, step, why, fields));
}

function laterFields(walk: Probing, step: Step, why: string, fields: ReadonlyMap<string, Value>): View {
  return laterView(walk, `step ${step.id}`, why, (field) => fields.get(field));
}
