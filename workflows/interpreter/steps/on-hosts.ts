import { HoldfastError } from '../../../plan/errors.ts';
import { type HostName, hostName } from '../../../plan/ids.ts';
import type { HostResult } from '../../../plan/outcomes.ts';
import type { HostStep } from '../../../plan/plan.ts';
import { unmet } from '../checks.ts';
import type { Frame } from '../frame.ts';
import { type Decision, hold } from '../hold.ts';
import { batches, resolveHosts } from '../hosts.ts';
import { scopeOf } from '../scope.ts';
import { isTrouble, newStepState, overall, type StepState, tookPlace } from '../step-state.ts';
import { titleOf } from '../title.ts';
import { note, Stop, stopIfAborted, type Walk } from '../walk.ts';
import { Attempts } from './attempts.ts';
import { ask } from './gate.ts';
import { untilRetried } from './retry.ts';

/** An `http` step without `via` happens once, from the worker. No inventory can name a host so. */
export const WORKER = hostName('@worker');

/** A step that happens on each host of `on`: in batches, held where it fails, checked at the end. */
export async function stepOnHosts(walk: Walk, frame: Frame, step: HostStep): Promise<StepState> {
  const state = newStepState(step, frame.instance(step, 1));
  frame.bindStep(state);
  const attempts = new Attempts(walk, frame, step, state);
  const holds = { count: 0 };
  state.hosts = await hostsOf(walk, frame, step, attempts, holds);
  note(walk, 'step.started', state.instance, {
    step: state.instance,
    title: titleOf(step, scopeOf(walk, frame)),
    hosts: state.hosts,
  });
  for (const batch of batches(state.hosts, step.serial)) {
    stopIfAborted(walk);
    await (step.any ? firstThatAnswers(attempts, batch) : all(attempts, batch, holds));
  }
  await checkTogether(attempts, holds);
  state.outcome = overall([...state.results.values()].map((result) => result.outcome));
  const trouble = [...state.results.values()].filter((result) => isTrouble(result.outcome));
  note(walk, 'step.ended', state.instance, {
    step: state.instance,
    outcome: state.outcome,
    hosts: Object.fromEntries([...state.results].map(([host, result]) => [host, result.outcome])),
    ...(trouble.length > 0 ? { why: sentence(trouble) } : {}),
  });
  return state;
}

async function hostsOf(
  walk: Walk,
  frame: Frame,
  step: HostStep,
  attempts: Attempts,
  holds: { count: number },
): Promise<readonly HostName[]> {
  if (step.kind === 'http' && step.request.via === undefined) return [WORKER];
  for (;;) {
    try {
      return resolveHosts(walk, step.on, scopeOf(walk, frame));
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      const decided = await heldWhole(attempts, holds, `${error.message} ${error.mend}`);
      if (decided.kind === 'skip') return [];
    }
  }
}

/** Every host of the batch, until each has settled in a way that the run can go on from. */
async function all(attempts: Attempts, batch: readonly HostName[], holds: { count: number }): Promise<void> {
  let todo = attempts.wanted(batch);
  while (todo.length > 0) {
    await untilRetried(attempts, todo);
    const trouble = batch
      .flatMap((host) => attempts.state.results.get(host) ?? [])
      .filter((result) => isTrouble(result.outcome));
    if (trouble.length === 0) return;
    todo = await afterTrouble(attempts, trouble, holds);
  }
}

/** One after the other in inventory order; those that did not answer are no failure so long as one did. */
async function firstThatAnswers(attempts: Attempts, batch: readonly HostName[]): Promise<void> {
  const holds = { count: 0 };
  for (;;) {
    for (const host of attempts.wanted(batch)) {
      await untilRetried(attempts, [host]);
      const result = attempts.state.results.get(host);
      if (result && tookPlace(result.outcome)) {
        for (const other of batch)
          if (other !== host)
            attempts.settle({ host: other, generation: 0, outcome: 'skipped', reason: `${host} answered` });
        return;
      }
    }
    const results = batch.flatMap((host) => attempts.state.results.get(host) ?? []);
    if (results.every((result) => !isTrouble(result.outcome))) return;
    const again = await afterTrouble(attempts, results, holds);
    if (again.length === 0) return;
  }
}

/** What the step says of its failures: go on, end the run, or wait for a person. Answers the hosts to run again. */
async function afterTrouble(
  attempts: Attempts,
  trouble: readonly HostResult[],
  holds: { count: number },
): Promise<readonly HostName[]> {
  const { walk, step } = attempts;
  const why = sentence(trouble);
  const known = trouble.every((result) => result.outcome !== 'unknown');
  stopUnlessFateUnknown(walk, known);
  if (step.mayFail && known) return [];
  const policy = step.onFailure === 'hold' && walk.plan.onFailure === 'fail' ? 'fail' : step.onFailure;
  if (known && policy === 'continue') {
    for (const result of trouble)
      walk.dropped.set(result.host, `${attempts.state.instance}: ${result.reason ?? result.outcome}`);
    walk.failures.push(`${attempts.state.instance}: ${why}`);
    return [];
  }
  if (known && policy === 'fail') throw new Stop('failed', `${attempts.state.instance}: ${why}`);
  holds.count += 1;
  const decided = await hold(walk, attempts.frame, {
    step,
    instance: attempts.state.instance,
    ordinal: holds.count,
    why,
    results: trouble,
  });
  return carryOut(attempts, decided);
}

function stopUnlessFateUnknown(walk: Walk, known: boolean): void {
  if (known) stopIfAborted(walk);
}

async function carryOut(attempts: Attempts, decided: Decision): Promise<readonly HostName[]> {
  switch (decided.kind) {
    case 'retry':
      await askGateAgain(attempts);
      await attempts.openGeneration(decided.hosts, 'person', attempts.walk.port.now());
      return decided.hosts;
    case 'skip':
      for (const host of decided.hosts) attempts.skip(host, decided.outputs, decided.reason);
      return [];
    case 'resolve':
      if (decided.as !== 'run_again') {
        attempts.resolve(decided.host, decided.as, decided.outputs, decided.reason);
        return [];
      }
      await askGateAgain(attempts);
      await attempts.openGeneration([decided.host], 'person', attempts.walk.port.now());
      return [decided.host];
  }
}

/** A destroy step never repeats without the gate that stood before it being asked once more. */
async function askGateAgain(attempts: Attempts): Promise<void> {
  const gate = attempts.step.effect === 'destroy' ? attempts.frame.gate() : undefined;
  if (gate) await ask(attempts.walk, gate);
}

/** Requirements over all hosts at once: `size(rehearse.rows) > 0`. */
async function checkTogether(attempts: Attempts, holds: { count: number }): Promise<void> {
  const { walk, frame, step, state } = attempts;
  const together = step.check.filter((check) => !attempts.isPerHost(check.holds));
  for (;;) {
    const why = unmet(together, scopeOf(walk, frame));
    if (why === undefined) return;
    if (step.mayFail && step.onFailure === 'continue') return;
    const decided = await heldWhole(attempts, holds, why);
    if (decided.kind === 'skip') return;
    await askGateAgain(attempts);
    await attempts.openGeneration(state.hosts, 'person', walk.port.now());
    await all(attempts, state.hosts, holds);
  }
}

/** Trouble that is no host's own. */
async function heldWhole(attempts: Attempts, holds: { count: number }, why: string): Promise<Decision> {
  const { walk, frame, step, state } = attempts;
  stopIfAborted(walk);
  if (step.onFailure === 'fail' || walk.plan.onFailure === 'fail')
    throw new Stop('failed', `${state.instance}: ${why}`);
  holds.count += 1;
  return hold(walk, frame, { step, instance: state.instance, ordinal: holds.count, why, results: [] });
}

function sentence(trouble: readonly HostResult[]): string {
  return trouble
    .map((result) => `${result.host}: ${result.outcome}${result.reason ? `, ${result.reason}` : ''}`)
    .join('; ');
}
