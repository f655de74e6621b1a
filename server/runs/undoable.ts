import type { HostCell, StepView } from '../../ledger/projections/step-views.ts';
import { staticPath } from '../../plan/ids.ts';
import { isHostStep, type Plan, type Step } from '../../plan/plan.ts';

/** What a rollback would run now: steps that have one, where they took effect or may have in part; the last first. */
export function undoableSteps(
  plan: Plan | undefined,
  steps: readonly StepView[],
): readonly { readonly step: string; readonly hosts: readonly string[] }[] {
  if (plan === undefined) return [];
  return steps.toReversed().flatMap(({ step, hosts, undoes }) => {
    const planned = stepAt(plan, staticPath(step));
    if (undoes !== undefined || planned === undefined || !hasRollback(planned)) return [];
    const begun = hosts.filter((cell) => tookEffect(planned, cell));
    return begun.length === 0 ? [] : [{ step, hosts: begun.map(({ host }) => host) }];
  });
}

function hasRollback(step: Step): boolean {
  return isHostStep(step) && step.rollback !== undefined;
}

function tookEffect(step: Step, { outcome, result }: HostCell): boolean {
  if (outcome === 'succeeded' || outcome === 'unknown') return true;
  if (outcome !== 'failed' && outcome !== 'timed_out' && outcome !== 'cancelled') return false;
  return result?.rc !== undefined || step.kind === 'copy';
}

/** The step at a place of the plan, through groups and the runbooks that are used. */
function stepAt(plan: Plan, path: string): Step | undefined {
  let steps = plan.units[plan.main]?.steps ?? [];
  let found: Step | undefined;
  for (const id of path.split('/')) {
    found = steps.find((step) => step.id === id);
    if (found === undefined) return undefined;
    steps =
      found.kind === 'group'
        ? found.steps
        : found.kind === 'use'
          ? (plan.units[found.unit]?.steps ?? [])
          : [];
  }
  return found;
}
