import { isHostStep, type Plan, type Step } from './plan.ts';

/**
 * What a plan asks for that no worker can do yet, in a sentence; undefined where it can be run. The language takes it already, so
 * that runbooks can be written and checked.
 */
export function notYet(plan: Plan): string | undefined {
  for (const unit of Object.values(plan.units)) {
    for (const step of everyStep(unit.steps)) {
      const what = asked(step);
      if (what !== undefined)
        return `The step ${step.id} of ${unit.name} ${what}, which does not run in this version.`;
    }
  }
  return undefined;
}

function asked(step: Step): string | undefined {
  if (!isHostStep(step)) return undefined;
  if (step.sensitive || Object.values(step.outputs).some((output) => output.sensitive === true))
    return 'has sensitive outputs';
  return undefined;
}

function* everyStep(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    if (step.kind === 'group') yield* everyStep(step.steps);
  }
}
