import type { OnFailure, Step } from '../../../plan/plan.ts';
import type { Frame } from '../frame.ts';
import type { Ground } from '../walk.ts';

/** What a failure of the step means here: `hold`, which is also what is meant where nothing is said, gives way to what is around. */
export function onFailureOf(walk: Ground, frame: Frame, step: Step): OnFailure {
  if (step.onFailure !== 'hold') return step.onFailure;
  if (frame.leftOutHost() !== undefined) return 'continue';
  return walk.plan.onFailure;
}
