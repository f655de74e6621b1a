import { HoldfastError } from '../../../plan/errors.ts';
import { conform } from '../../../plan/expressions/conversion.ts';
import type { Value, ValueMap } from '../../../plan/expressions/values.ts';
import { hostName } from '../../../plan/ids.ts';
import type { Step, Unit, UseStep } from '../../../plan/plan.ts';
import { Frame } from '../frame.ts';
import { evaluated, handOver, hostIn, scopeOf } from '../scope.ts';
import type { StepState } from '../step-state.ts';
import { type Ground, unitOf, type Walk } from '../walk.ts';
import { looped } from './loop.ts';

/** Walks steps one after the other; given in, as a unit's steps may be uses themselves. */
type RunSteps = (walk: Walk, frame: Frame, steps: readonly Step[]) => Promise<void>;

/** Another runbook, with names of its own; its outputs are this step's fields. */
export async function useUnit(
  walk: Walk,
  frame: Frame,
  step: UseStep,
  state: StepState,
  runSteps: RunSteps,
): Promise<void> {
  if (step.loop)
    return looped(walk, frame, step.loop, state, (inner) =>
      called(walk, inner, step, inner.prefix, runSteps),
    );
  state.fields = await called(walk, frame, step, `${state.instance}/`, runSteps);
}

async function called(
  walk: Walk,
  caller: Frame,
  step: UseStep,
  prefix: string,
  runSteps: RunSteps,
): Promise<ValueMap> {
  const unit = unitOf(walk.plan, step.unit);
  const inner = Frame.ofUnit(unit, prefix, caller);
  for (const [name, expr] of Object.entries(step.with)) {
    inner.bind(name, asInput(walk, unit, name, evaluated(expr, scopeOf(walk, caller))));
  }
  for (const [name, expr] of Object.entries(unit.defaults ?? {})) {
    if (step.with[name]) continue;
    inner.bind(name, asInput(walk, unit, name, evaluated(expr, scopeOf(walk, inner))));
  }
  await runSteps(walk, inner, unit.steps);
  const outputs = Object.entries(unit.outputs).map(
    ([name, expr]) => [name, handOver(walk, caller.unit, evaluated(expr, scopeOf(walk, inner)))] as const,
  );
  return Object.fromEntries(outputs);
}

/** A value as the callee's input takes it: a host or its name, one host where several are taken, text for a number. */
export function asInput(walk: Ground, unit: Unit, name: string, value: Value): Value {
  const type = unit.inputs[name];
  if (type === undefined || value === null) return handOver(walk, unit, value);
  const conformed = conform(type, value, (host) => hostIn(walk, unit, hostName(host)));
  if (conformed.ok) return handOver(walk, unit, conformed.value);
  throw new HoldfastError(
    'use/input',
    `${unit.name}, input ${name}: ${conformed.message}`,
    'Correct `with` in the runbook.',
  );
}
