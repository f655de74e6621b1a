import { HoldfastError } from '../../../plan/errors.ts';
import { type HostName, hostName } from '../../../plan/ids.ts';
import type { HostResult } from '../../../plan/outcomes.ts';
import type { HostStep } from '../../../plan/plan.ts';
import { unmet } from '../checks.ts';
import type { Frame } from '../frame.ts';
import { batches, resolveHosts, tolerated } from '../hosts.ts';
import { scopeOf } from '../scope.ts';
import { newStepState, overall, type StepState } from '../step-state.ts';
import { titleOf, userOf } from '../title.ts';
import { Deed } from '../trail.ts';
import { isStopping, note, stopIfAborted, type Walk } from '../walk.ts';
import { Attempts } from './attempts.ts';
import { untilRetried } from './retry.ts';
import { afterTrouble, goOnWithout, heldWhole, mayRepeat, sentence } from './trouble.ts';

/** An `http` step without `via` happens once, from the worker. No inventory can name a host so. */
export const WORKER = hostName('@worker');

/** A step that happens on each host of `on`: in batches, held where it fails, checked at the end. */
export async function stepOnHosts(walk: Walk, frame: Frame, step: HostStep): Promise<StepState> {
  const state = newStepState(step, frame.instance(step, 1));
  frame.bindStep(state);
  const attempts = new Attempts(walk, frame, step, state);
  const resolved = await hostsOf(attempts);
  // Where hosts were dropped beside it, which came first is in the record, and not in how fast a walk is the second time.
  const hosts = resolved && (walk.port.past?.hostsOf(state.instance) ?? resolved);
  state.hosts = hosts ?? [];
  if (step.effect !== 'read') frame.trail.parts.push(new Deed(attempts));
  const become = userOf(step, scopeOf(walk, frame));
  note(walk, 'step.started', state.instance, {
    step: state.instance,
    title: titleOf(step, scopeOf(walk, frame)),
    hosts: state.hosts,
    ...(become === undefined ? {} : { become }),
    ...(step.sensitive ? { sensitive: true } : {}),
  });
  if (hosts) {
    await happens(attempts);
    await checkTogether(attempts);
  }
  const results = state.hosts.flatMap((host) => state.results.get(host) ?? []);
  state.outcome = overall(results.map((result) => result.outcome));
  const why = [...attempts.trouble(state.hosts).map(sentence), ...absent(walk, frame, step, state)];
  note(walk, 'step.ended', state.instance, {
    step: state.instance,
    outcome: state.outcome,
    hosts: Object.fromEntries(results.map((result) => [result.host, result.outcome])),
    ...(why.length > 0 ? { why: why.join('; ') } : {}),
  });
  return state;
}

/** Undefined where the step is left out as a whole: by its `when`, by a person, or by what it says of failures. */
async function hostsOf(attempts: Attempts): Promise<readonly HostName[] | undefined> {
  const { walk, frame, step } = attempts;
  if (step.kind === 'http' && step.request.via === undefined) return [WORKER];
  for (;;) {
    try {
      return resolveHosts(walk, step.on, scopeOf(walk, frame));
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      if (attempts.isLeftOut()) return undefined;
      const decided = await heldWhole(attempts, `${error.message} ${error.mend}`);
      if (decided?.kind !== 'retry') return undefined;
    }
  }
}

/** Hosts that the step is for and that take no part any more: left out, but not in silence. */
function absent(walk: Walk, frame: Frame, step: HostStep, state: StepState): readonly string[] {
  if (walk.dropped.size === 0 || state.hosts[0] === WORKER) return [];
  try {
    const all = resolveHosts({ ...walk, dropped: new Map() }, step.on, scopeOf(walk, frame));
    return all
      .filter((host) => !state.hosts.includes(host))
      .map((host) => `${host}: takes no part any more (${walk.dropped.get(host) ?? 'it failed'})`);
  } catch (error) {
    if (error instanceof HoldfastError) return [];
    throw error;
  }
}

async function happens(attempts: Attempts): Promise<void> {
  const { walk, step, state } = attempts;
  if (step.any) return firstThatAnswers(attempts, state.hosts);
  const may = tolerated(state.hosts.length, step.maxFailures);
  const earlier: HostName[] = [];
  for (const batch of batches(state.hosts, step.serial)) {
    stopIfAborted(walk);
    await untilSettled(attempts, batch, { may, earlier });
    if (step.maxFailures) earlier.push(...batch);
  }
  const failed = attempts.trouble(earlier);
  if (failed.length > 0 && failed.length <= may) goOnWithout(attempts, failed);
}

/** So many hosts may have failed, those of earlier batches counted. */
type Tolerance = { readonly may: number; readonly earlier: readonly HostName[] };

/** Every host of the batch, until each has settled in a way that the run can go on from. */
export async function untilSettled(
  attempts: Attempts,
  batch: readonly HostName[],
  { may, earlier }: Tolerance = { may: 0, earlier: [] },
): Promise<void> {
  let todo = attempts.wanted(batch);
  for (;;) {
    if (todo.length > 0) await untilRetried(attempts, todo);
    const trouble = attempts.trouble([...earlier, ...batch]);
    if (isTolerated(attempts, trouble, may)) return;
    const next = await afterTrouble(attempts, trouble);
    if (next === 'leave') return;
    todo = attempts.wanted(next);
  }
}

/** Not where it is unknown what became of a host, and not where the run was asked to stop. */
function isTolerated({ walk }: Attempts, trouble: readonly HostResult[], may: number): boolean {
  if (trouble.length === 0) return true;
  if (trouble.length > may || isStopping(walk)) return false;
  return trouble.every(({ outcome }) => outcome !== 'unknown' && outcome !== 'cancelled');
}

/** One after the other in inventory order; those that did not answer are no failure so long as one did. */
async function firstThatAnswers(attempts: Attempts, hosts: readonly HostName[]): Promise<void> {
  let todo = attempts.wanted(hosts);
  for (;;) {
    for (const host of todo) {
      await untilRetried(attempts, [host]);
      if (attempts.stands(host) || isStopping(attempts.walk)) break;
    }
    const answered = hosts.find((host) => attempts.stands(host));
    if (answered !== undefined) {
      for (const other of hosts) if (other !== answered) attempts.pass(other, `${answered} answered`);
      return;
    }
    const trouble = attempts.trouble(hosts);
    if (trouble.length === 0) return;
    const next = await afterTrouble(attempts, trouble);
    if (next === 'leave') return;
    todo = attempts.wanted(next);
  }
}

/** Requirements over all hosts at once: `size(rehearse.rows) > 0`. Not of a step that was left out everywhere. */
async function checkTogether(attempts: Attempts): Promise<void> {
  const { walk, frame, step, state } = attempts;
  const together = step.check.filter((check) => !attempts.isPerHost(check.holds));
  for (;;) {
    const results = [...state.results.values()];
    const skipped = results.length > 0 && results.every((result) => result.outcome === 'skipped');
    if (skipped || attempts.isLeftOut()) return;
    const why = unmet(together, scopeOf(walk, frame));
    if (why === undefined) return;
    const decided = await heldWhole(attempts, why);
    if (decided?.kind !== 'retry') return;
    if (!(await mayRepeat(attempts))) continue;
    await attempts.openGeneration(state.hosts, 'person', walk.port.now());
    await happens(attempts);
  }
}
