import { HoldfastError } from '../../../plan/errors.ts';
import type { Value } from '../../../plan/expressions/values.ts';
import type { HostName } from '../../../plan/ids.ts';
import type { HostResult } from '../../../plan/outcomes.ts';
import type { Retry } from '../../../plan/plan.ts';
import { isTrue, type Scope, scopeOf } from '../scope.ts';
import { isTrouble } from '../step-state.ts';
import { isStopping } from '../walk.ts';
import type { Attempts } from './attempts.ts';

/** An `unknown` that may be run again by itself is run again this often, and is a person's after that. */
const UNKNOWN_RETRIES = 3;
/** Before an `unknown` is run again by a step that has no `retry`. */
const UNKNOWN_WAIT_MS = 5_000;

/**
 * Runs the step on these hosts, and again where its own `retry` says so, within its limits. These are counted from the
 * recorded times of the attempts, so that a repeated walk stops where the first one did; a person's retry counts anew.
 */
export async function untilRetried(attempts: Attempts, hosts: readonly HostName[]): Promise<void> {
  const { walk, step } = attempts;
  const began = new Map<HostName, number>();
  let todo = hosts;
  let wait = step.retry?.everyMs ?? UNKNOWN_WAIT_MS;
  for (let round = 1; ; round++) {
    const results = await attempts.run(todo);
    if (isStopping(walk)) return;
    const again = results.filter((result) => {
      const { host, startedAt, endedAt } = result;
      if (!isTrouble(result.outcome)) return false;
      if (startedAt === undefined || endedAt === undefined) return false; // it was never tried, and would be no other
      if (!began.has(host)) began.set(host, startedAt);
      const spent = endedAt + wait - (began.get(host) ?? startedAt);
      return runsAgain(attempts, result, round, spent);
    });
    if (again.length === 0) return;
    todo = again.map((result) => result.host);
    const at = await attempts.openGeneration(todo, 'retry', walk.port.now() + wait);
    if (!isPast(attempts, todo)) await walk.port.sleep(Math.max(0, at - walk.port.now()), walk.desk.aborted);
    if (isStopping(walk)) return;
    wait = Math.round(wait * (step.retry?.backoff ?? 1)); // a moment is whole milliseconds wherever it is shown
  }
}

/** Whether an earlier execution of the run has waited already. */
function isPast(attempts: Attempts, hosts: readonly HostName[]): boolean {
  const { past } = attempts.walk.port;
  const { instance } = attempts.state;
  return hosts.some((host) => past?.hasResult(instance, { host, generation: attempts.generation(host) }));
}

function runsAgain(attempts: Attempts, result: HostResult, round: number, spentMs: number): boolean {
  const { step } = attempts;
  if (result.outcome === 'cancelled') return false;
  if (result.outcome === 'unknown') return retriesUnknown(attempts, result, round);
  if (step.effect === 'destroy' || !step.retry) return false;
  if (!withinLimits(step.retry, round, spentMs)) return false;
  if (!step.retry.when) return result.transient === true;
  try {
    return isTrue(step.retry.when, resultScope(attempts, result));
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    attempts.settle({ ...result, reason: `${result.reason ?? result.outcome}; ${error.message}` });
    return false;
  }
}

/** Never while a process of it may still be at work, unless all that it does is read: two at once is what must not happen. */
function retriesUnknown({ step }: Attempts, result: HostResult, round: number): boolean {
  if (step.effect === 'destroy' || result.sessionLives === true) return false;
  if (step.effect !== 'read' && result.sessionLives === undefined) return false;
  const may = step.effect === 'read' || step.idempotent || step.onUnknown === 'retry';
  return may && round <= UNKNOWN_RETRIES;
}

function withinLimits(retry: Retry, round: number, spentMs: number): boolean {
  if (retry.times !== undefined) return round <= retry.times;
  return spentMs <= (retry.withinMs ?? 0);
}

/** `retry.when` also sees `rc` and `stderr` (the last line), or `status` for http. */
function resultScope(attempts: Attempts, result: HostResult): Scope {
  const outer = scopeOf(attempts.walk, attempts.frame, result.host);
  const own: { readonly [name: string]: Value } = {
    rc: BigInt(result.rc ?? -1),
    status: BigInt(result.rc ?? 0),
    stderr: result.reason ?? '',
    outcome: result.outcome,
  };
  return (name) => own[name] ?? outer(name);
}
