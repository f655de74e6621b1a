import type { GroupStep, Step } from '../../plan/plan.ts';
import type { Frame } from './frame.ts';
import { whilePaused } from './paused.ts';
import type { StepState } from './step-state.ts';
import { ask } from './steps/gate.ts';
import { looped, together } from './steps/loop.ts';
import { byHand } from './steps/manual.ts';
import { stepOnHosts } from './steps/on-hosts.ts';
import { once } from './steps/once.ts';
import { setValues } from './steps/set.ts';
import { useUnit } from './steps/use.ts';
import { waitFor } from './steps/wait.ts';
import { HostOut, stopIfAborted, type Walk } from './walk.ts';

/** Top to bottom. */
export async function runSteps(walk: Walk, frame: Frame, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    leaveIfOut(walk, frame, step);
    await runStep(walk, frame, step);
  }
  leaveIfOut(walk, frame);
}

/** A host that takes no part any more takes the rest of its iteration with it: also what happens elsewhere on its behalf. */
function leaveIfOut(walk: Walk, frame: Frame, next?: Step): void {
  const out = frame.within(walk.dropped);
  if (out === undefined) return;
  // In an earlier execution of the run it was dropped later than this began.
  if (next && walk.port.past?.hasBegun(walk.input.run, frame.instance(next, 1))) return;
  throw new HostOut(out);
}

async function runStep(walk: Walk, frame: Frame, step: Step): Promise<void> {
  await walk.port.rest();
  await whilePaused(walk, frame.instance(step, 1));
  stopIfAborted(walk);
  switch (step.kind) {
    case 'run':
    case 'http':
    case 'copy':
      await stepOnHosts(walk, frame, step);
      return;
    case 'set':
      return once(walk, frame, step, (state) => setValues(walk, frame, step, state));
    case 'check':
      return once(walk, frame, step, async () => {});
    case 'approve':
      return once(walk, frame, step, (state) =>
        ask(walk, { step, frame, instance: state.instance, times: { asked: 0 } }),
      );
    case 'manual':
      return once(walk, frame, step, (state) => byHand(walk, frame, step, state));
    case 'wait':
      return once(walk, frame, step, (state) => waitFor(walk, frame, step, state));
    case 'use':
      return once(walk, frame, step, (state) => useUnit(walk, frame, step, state, runSteps));
    case 'group':
      return once(walk, frame, step, (state) => runGroup(walk, frame, step, state));
  }
}

async function runGroup(walk: Walk, frame: Frame, step: GroupStep, state: StepState): Promise<void> {
  const body = async (inner: Frame) => {
    if (step.parallel) await sideBySide(walk, inner, step.steps);
    else await runSteps(walk, inner, step.steps);
    return {};
  };
  if (step.loop) return looped(walk, frame, step.loop, state, body);
  await body(frame.inside(`${state.instance}/`, !step.parallel));
}

async function sideBySide(walk: Walk, frame: Frame, steps: readonly Step[]): Promise<void> {
  const branches = steps.map((step) => ({ step, inner: frame.branch() }));
  const made = branches.map(({ step, inner }) => async () => {
    await runStep(walk, inner, step);
    // Its end is recorded when it comes: what goes on beside it may take hours.
    await walk.port.flush();
  });
  try {
    await together(made);
  } finally {
    frame.joined(branches.map(({ inner }) => inner));
  }
}
