import { HoldfastError } from '../../plan/errors.ts';
import { decode, encodeMap } from '../../plan/expressions/encoding.ts';
import type { Value } from '../../plan/expressions/values.ts';
import type { HostName } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import { notYet } from '../../plan/not-yet.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RunInput } from '../input.ts';
import type { Port } from '../port.ts';
import type { Desk } from './desk.ts';
import { Frame } from './frame.ts';
import { evaluated, hostIn, scopeOf } from './scope.ts';
import { runSteps } from './sequence.ts';
import { cancelled, engineEntry, note, Stop, stopIfAborted, unitOf, type Walk } from './walk.ts';

export type RunEnd = {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
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
    dropped: new Map(),
    failures: [],
  };
  const end = await walked(walk);
  await desk.end();
  // First the locks: a run whose end is recorded is never walked again, so nobody would free them after it.
  await port.releaseLocks();
  await port.record(engineEntry(input, 'run.ended', 'end', end));
  await port.closeRun([...new Set(plan.hosts.map((host) => host.zone))]);
  return end;
}

async function walked(walk: Walk): Promise<RunEnd> {
  const { plan, port, desk, input } = walk;
  const missing = notYet(plan);
  if (missing !== undefined) return { status: 'failed', why: missing };
  try {
    if (plan.locks.length > 0) await port.takeLocks(plan.locks, desk.aborted);
    stopIfAborted(walk);
    note(walk, 'run.started', 'start', { plan: input.plan });
    const unit = unitOf(plan, plan.main);
    const frame = Frame.ofUnit(unit, '');
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
    if (walk.failures.length > 0) return { ...common, status: 'failed', why: walk.failures.join('; ') };
    return { ...common, status: 'succeeded' };
  } catch (error) {
    if (error instanceof Stop) return { status: error.status, why: error.message };
    if (error instanceof HoldfastError) return { status: 'failed', why: `${error.message} ${error.mend}` };
    throw error;
  }
}
