import { HoldfastError } from '../../../plan/errors.ts';
import type { Step } from '../../../plan/plan.ts';
import { unmet } from '../checks.ts';
import type { Frame } from '../frame.ts';
import { hold } from '../hold.ts';
import { isTrue, scopeOf } from '../scope.ts';
import { newStepState, type StepState } from '../step-state.ts';
import { titleOf } from '../title.ts';
import { note, Stop, stopIfAborted, type Walk } from '../walk.ts';
import { destroysUngated, passedAgain } from './gate-again.ts';
import { onFailureOf } from './policy.ts';

type OnceStep = Exclude<Step, { kind: 'run' | 'http' }>;

/**
 * A step that happens once: its work, then its checks; held as a whole where either fails. Asked for once more it
 * happens anew, at a place of its own (`triage~2`), so that what it did before stays in the record.
 */
export async function once(
  walk: Walk,
  frame: Frame,
  step: OnceStep,
  work: (state: StepState) => Promise<void>,
): Promise<void> {
  let turns: StepState['turns'];
  let again = false;
  for (let take = 1; ; take++) {
    const state: StepState = { ...newStepState(step, frame.instance(step, take)), turns };
    const why = await attempt(walk, frame, state, again, work);
    turns = state.turns;
    if (why === undefined) return ended(walk, state);
    const policy = onFailureOf(walk, frame, step);
    // What a gate guards never goes on without it, whatever the step says of failures.
    if (policy === 'continue' && step.kind !== 'approve') {
      state.outcome = 'failed';
      walk.failures.push(`${state.instance}: ${why}`);
      const host = frame.hostOfLoop();
      if (host !== undefined) walk.dropped.set(host, `${state.instance}: ${why}`);
      return ended(walk, state, why);
    }
    if (policy === 'rollback') throw new Stop('failed', `${state.instance}: ${why}`, true);
    if (policy === 'fail' || walk.plan.onFailure === 'fail')
      throw new Stop('failed', `${state.instance}: ${why}`);
    const results = turns?.trouble(walk) ?? [];
    const decided = await hold(walk, frame, { step, instance: state.instance, ordinal: 1, why, results });
    again = decided.kind === 'retry';
    if (decided.kind === 'retry') turns?.tryAgain(walk, decided.hosts);
    if (decided.kind === 'skip') {
      if (results.length === 0) {
        state.outcome = 'skipped';
        return ended(walk, state, decided.reason);
      }
      // Only the turns of these hosts: the loop goes on.
      turns?.goOnWithout(decided.hosts);
    }
  }
}

/** Why it failed, or undefined where it did not. */
async function attempt(
  walk: Walk,
  frame: Frame,
  state: StepState,
  again: boolean,
  work: (state: StepState) => Promise<void>,
): Promise<string | undefined> {
  const { step, instance } = state;
  stopIfAborted(walk);
  try {
    if (step.when !== undefined && !isTrue(step.when, scopeOf(walk, frame))) {
      state.outcome = 'skipped';
      frame.bindStep(state);
      return undefined;
    }
    const title = titleOf(step, scopeOf(walk, frame));
    note(walk, 'step.started', instance, { step: instance, title, hosts: [] });
    if (again && destroysUngated(walk.plan, [step])) {
      const passed = await passedAgain(walk, frame, { instance, ordinal: 1 });
      if (!passed) return 'It destroys, and the gate before it was not passed once more.';
    }
    await work(state);
    if (state.outcome === 'running') state.outcome = 'succeeded';
    frame.bindStep(state);
    return unmet(step.check, scopeOf(walk, frame));
  } catch (error) {
    if (error instanceof HoldfastError) return `${error.message} ${error.mend}`;
    throw error;
  }
}

function ended(walk: Walk, state: StepState, why?: string): void {
  const outcome = state.outcome === 'running' ? 'failed' : state.outcome;
  note(walk, 'step.ended', state.instance, {
    step: state.instance,
    outcome,
    hosts: {},
    ...(why ? { why } : {}),
  });
}
