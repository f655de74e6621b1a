import { HoldfastError } from '../../../plan/errors.ts';
import type { Plan, Step } from '../../../plan/plan.ts';
import type { Frame } from '../frame.ts';
import { unitOf, type Walk } from '../walk.ts';
import { type Asking, ask } from './gate.ts';

/**
 * Asks the gate that stood before here once more: what destroys never repeats without that. False where it was not
 * passed; where there is no gate there is nothing to ask.
 */
export async function passedAgain(walk: Walk, frame: Frame, asking: Asking): Promise<boolean> {
  const gate = frame.gate();
  if (!gate) return true;
  try {
    await ask(walk, gate, asking);
    return true;
  } catch (error) {
    if (error instanceof HoldfastError) return false;
    throw error;
  }
}

/** Whether these steps come to one that destroys before they come to a gate of their own. */
export function destroysUngated(plan: Plan, steps: readonly Step[]): boolean {
  for (const step of steps) {
    if (step.kind === 'approve' && step.when === undefined) return false;
    if ('effect' in step && step.effect === 'destroy') return true;
    if (step.kind === 'group' && destroysUngated(plan, step.steps)) return true;
    if (step.kind === 'use' && destroysUngated(plan, unitOf(plan, step.unit).steps)) return true;
  }
  return false;
}
