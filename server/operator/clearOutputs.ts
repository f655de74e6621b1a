import type { OperatorAction } from '../../plan/operator.ts';
import { isHostStep, type Plan, type Step } from '../../plan/plan.ts';
import { REFERENCE_FORMS, readReference } from '../../plan/secrets.ts';
import { RequestError } from '../problem/requestError.ts';

/**
 * What a person gives in place of a sensitive output says where it is found: it is recorded as it is given. Where no step is
 * named, an output of that name is taken for a sensitive one if some step has such a one.
 * Throws `output/sensitive`, which does not repeat what was given.
 */
export function refuseClearOutputs(plan: Plan, action: OperatorAction): void {
  if (action.kind !== 'skip' && action.kind !== 'resolve') return;
  const { step, outputs = {} } = action;
  const id = step === undefined ? undefined : idOf(step);
  for (const [name, given] of Object.entries(outputs)) {
    const read = typeof given === 'string' ? readReference(given) : undefined;
    if ((read?.ok === true && read.from !== 'sealed') || !isSensitive(plan, id, name)) continue;
    throw new RequestError(
      400,
      'output/sensitive',
      `${name} is a sensitive output: say where it is found, as what is said here is recorded.`,
      `Put it where the worker finds it: --output ${name}=… with one of ${REFERENCE_FORMS.join(', ')}. What you have just given was not recorded here.`,
    );
  }
}

/** The step's own id in `join[etcd01]/login~2`. */
function idOf(instance: string): string {
  return (instance.split('/').at(-1) ?? '').replace(/[[~!].*$/, '');
}

function isSensitive(plan: Plan, id: string | undefined, name: string): boolean {
  const has = (step: Step): boolean => {
    if (step.kind === 'group') return step.steps.some(has);
    if (!isHostStep(step) || (id !== undefined && step.id !== id)) return false;
    return step.outputs[name]?.sensitive === true;
  };
  return Object.values(plan.units).some((unit) => unit.steps.some(has));
}
