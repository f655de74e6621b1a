import type { HostName, RunId, StepInstance } from '../../plan/ids.ts';

/**
 * Keys of the entries that rounds write. Made of workflow state alone (never of time, or of how often an activity was
 * tried), so that whoever does the same work again finds what was written first.
 */
export function placeKey(run: RunId, host: HostName): string {
  return `place.chosen ${run} ${host}`;
}

export function attemptStartedKey(
  run: RunId,
  step: StepInstance,
  host: HostName,
  generation: number,
): string {
  return `attempt.started ${run} ${step} ${host} ${generation}`;
}

export function probeEndedKey(probe: RunId, step: StepInstance, host: HostName): string {
  return `probe.ended ${probe} ${step} ${host}`;
}

export function attemptEndedKey(run: RunId, step: StepInstance, host: HostName, generation: number): string {
  return `attempt.ended ${run} ${step} ${host} ${generation}`;
}
