import type { HostName } from '../../../plan/ids.ts';
import type { HostResult } from '../../../plan/outcomes.ts';
import { type Decision, hold } from '../hold.ts';
import { cancelled, Stop, stopIfAborted } from '../walk.ts';
import type { Attempts } from './attempts.ts';
import { passedAgain } from './gate-again.ts';
import { onFailureOf } from './policy.ts';

/**
 * What the step says of its failures: go on (`leave`), end the run, or wait for a person. Otherwise it answers the hosts
 * to run again; who is not among them and still in trouble comes here once more.
 */
export async function afterTrouble(
  attempts: Attempts,
  trouble: readonly HostResult[],
): Promise<'leave' | readonly HostName[]> {
  const { walk, step, state } = attempts;
  const why = trouble.map(sentence).join('; ');
  if (trouble.every((result) => result.outcome !== 'unknown')) {
    stopIfAborted(walk);
    if (walk.desk.aborted.aborted && trouble.some((result) => result.outcome === 'cancelled'))
      throw cancelled(walk);
    if (step.mayFail) return 'leave';
    switch (onFailureOf(walk, attempts.frame, step)) {
      case 'continue':
        goOnWithout(attempts, trouble);
        return 'leave';
      case 'fail':
      case 'rollback':
        throw new Stop('failed', `${state.instance}: ${why}`, step.onFailure === 'rollback');
      default:
    }
  }
  return carryOut(attempts, await held(attempts, why, trouble));
}

/** The hosts take no part any more, nor does the one whose part of a loop this is; and the run ends `failed`: nothing drops out in silence. */
export function goOnWithout({ walk, frame, state }: Attempts, trouble: readonly HostResult[]): void {
  const failed = (result: HostResult) => `${state.instance}: ${result.reason ?? result.outcome}`;
  const host = frame.leftOutHost();
  for (const result of trouble) walk.dropped.set(host ?? result.host, failed(result));
  walk.failures.push(`${state.instance}: ${trouble.map(sentence).join('; ')}`);
}

/** Trouble that is no host's own. Undefined where the step goes on in spite of it. */
export async function heldWhole(attempts: Attempts, why: string): Promise<Decision | undefined> {
  const { walk, frame, step, state } = attempts;
  stopIfAborted(walk);
  switch (onFailureOf(walk, attempts.frame, step)) {
    case 'continue': {
      walk.failures.push(`${state.instance}: ${why}`);
      const host = frame.leftOutHost();
      if (host !== undefined) walk.dropped.set(host, `${state.instance}: ${why}`);
      return undefined;
    }
    case 'fail':
    case 'rollback':
      throw new Stop('failed', `${state.instance}: ${why}`, step.onFailure === 'rollback');
    default:
      return held(attempts, why, []);
  }
}

/** A destroy step never repeats without the gate that stood before it being passed once more. */
export async function mayRepeat(attempts: Attempts): Promise<boolean> {
  const { walk, frame, step, state } = attempts;
  if (step.effect !== 'destroy') return true;
  return passedAgain(walk, frame, { instance: state.instance, ordinal: attempts.holds });
}

export function sentence({ host, outcome, reason }: HostResult): string {
  return `${host}: ${outcome}${reason ? `, ${reason}` : ''}`;
}

function held(attempts: Attempts, why: string, results: readonly HostResult[]): Promise<Decision> {
  const { walk, frame, step, state } = attempts;
  attempts.holds += 1;
  return hold(walk, frame, { step, instance: state.instance, ordinal: attempts.holds, why, results });
}

async function carryOut(attempts: Attempts, decided: Decision): Promise<readonly HostName[]> {
  switch (decided.kind) {
    case 'retry':
      return runsAgain(attempts, decided.hosts);
    case 'skip':
      for (const host of decided.hosts) attempts.skip(host, decided.outputs, decided.reason);
      return [];
    case 'resolve':
      if (decided.as === 'run_again') return runsAgain(attempts, [decided.host]);
      attempts.resolve(decided.host, decided.as, decided.outputs, decided.reason);
      return [];
  }
}

async function runsAgain(attempts: Attempts, hosts: readonly HostName[]): Promise<readonly HostName[]> {
  if (!(await mayRepeat(attempts))) return [];
  await attempts.openGeneration(hosts, 'person', attempts.walk.port.now());
  return hosts;
}
