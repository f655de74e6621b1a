import { HoldfastError } from '../../plan/errors.ts';
import { decode, encodeMap } from '../../plan/expressions/encoding.ts';
import type { Value } from '../../plan/expressions/values.ts';
import type { HostName } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RunInput } from '../input.ts';
import type { Port } from '../port.ts';
import type { Desk } from './desk.ts';
import { Frame } from './frame.ts';
import { rollBack } from './rollback.ts';
import { evaluated, hostIn, scopeOf } from './scope.ts';
import { runSteps } from './sequence.ts';
import { Trail } from './trail.ts';
import { cancelled, engineEntry, note, Stop, stopIfAborted, unitOf, type Walk } from './walk.ts';

export type RunEnd = {
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'rolled_back';
  readonly outputs?: JsonObject;
  readonly why?: string;
};

/** Walks a plan from its first step to its end. Walked again over the same record, it comes the same way. */
export async function interpret(input: RunInput, plan: Plan, port: Port, desk: Desk): Promise<RunEnd> {
  const walk: Walk = {
    input,
    plan,
    hosts: new Map(plan.hosts.map((host) => [host.name, host])),
    port,
    desk,
    trail: new Trail(false),
    dropped: new Map(),
    failures: [],
  };
  const end = await ended(walk);
  // First the locks: a run whose end is recorded is never walked again, so nobody would free them after it.
  await port.releaseLocks();
  await port.record(engineEntry(input, 'run.ended', 'end', end));
  await port.closeRun([...new Set(plan.hosts.map((host) => host.zone))]);
  return end;
}

/** Forwards; then back over what took effect, where the end of the walk or a person wants that. */
async function ended(walk: Walk): Promise<RunEnd> {
  const { desk } = walk;
  const forward = await walked(walk);
  const { back, abortedFor } = await desk.turnBack(forward.rollback);
  // An abort that was taken when there was nothing left to stop.
  const late = forward.end.status === 'succeeded' && abortedFor !== undefined;
  const end: RunEnd = late ? { status: 'cancelled', why: abortedFor } : forward.end;
  if (!back) return end;
  const rolledBack = await rollBack(walk, end);
  await desk.end();
  return rolledBack;
}

/** How the walk ended, and whether it wants undone what took effect. */
type Forward = { readonly end: RunEnd; readonly rollback: boolean };

async function walked(walk: Walk): Promise<Forward> {
  const { plan, port, desk, input } = walk;
  try {
    if (plan.locks.length > 0) await port.takeLocks(plan.locks, desk.aborted);
    stopIfAborted(walk);
    note(walk, 'run.started', 'start', { plan: input.plan });
    const unit = unitOf(plan, plan.main);
    const frame = Frame.ofMain(unit, walk.trail);
    for (const [name, json] of Object.entries(plan.inputs)) {
      frame.bind(
        name,
        decode(json, (host) => hostIn(walk, unit, host as HostName)),
      );
    }
    await runSteps(walk, frame, unit.steps);
    if (desk.aborted.aborted) throw cancelled(walk);
    const outputs = Object.entries(unit.outputs).map(([name, expr]): [string, Value] => [
      name,
      evaluated(expr, scopeOf(walk, frame)),
    ]);
    const common = { outputs: encodeMap(Object.fromEntries(outputs)) };
    if (walk.failures.length > 0)
      return onwards({ ...common, status: 'failed', why: walk.failures.join('; ') });
    return onwards({ ...common, status: 'succeeded' });
  } catch (error) {
    if (error instanceof Stop)
      return { end: { status: error.status, why: error.message }, rollback: error.rollback };
    if (error instanceof HoldfastError)
      return onwards({ status: 'failed', why: `${error.message} ${error.mend}` });
    throw error;
  }
}

function onwards(end: RunEnd): Forward {
  return { end, rollback: false };
}
