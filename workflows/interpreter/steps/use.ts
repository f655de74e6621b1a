import type { Value, ValueMap } from '../../../plan/expressions/expressions.ts';
import type { Step, UseStep } from '../../../plan/plan.ts';
import { Frame } from '../frame.ts';
import { evaluated, handOver, scopeOf } from '../scope.ts';
import type { StepState } from '../step-state.ts';
import { unitOf, type Walk } from '../walk.ts';
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
    const value = evaluated(expr, scopeOf(walk, caller));
    inner.bind(name, handOver(walk, unit, asInput(unit.inputs[name]?.kind, value)));
  }
  await runSteps(walk, inner, unit.steps);
  const outputs = Object.entries(unit.outputs).map(
    ([name, expr]) => [name, handOver(walk, caller.unit, evaluated(expr, scopeOf(walk, inner)))] as const,
  );
  return Object.fromEntries(outputs);
}

/** One host is given where several are taken: `with: { members: seed }`. */
function asInput(kind: string | undefined, value: Value): Value {
  return kind === 'hosts' && !Array.isArray(value) ? [value] : value;
}
