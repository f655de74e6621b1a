import type { EventData, EventKind, PendingEntry } from '../../ledger/events.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { HostName } from '../../plan/ids.ts';
import type { Plan, PlanHost, Unit } from '../../plan/plan.ts';
import type { RunInput } from '../input.ts';
import type { Port } from '../port.ts';
import type { Desk } from './desk.ts';
import type { Trail } from './trail.ts';

/** One run being walked: what all of its steps share. */
export type Walk = {
  readonly input: RunInput;
  readonly plan: Plan;
  readonly hosts: ReadonlyMap<HostName, PlanHost>;
  readonly port: Port;
  readonly desk: Desk;
  /** What has been done on the hosts, to go back over. */
  readonly trail: Trail;
  /** Hosts that take no part in later steps (`on_failure: continue`), and why. */
  readonly dropped: Map<HostName, string>;
  /** Why the run ends `failed` although it went on. */
  readonly failures: string[];
};

/** What a place of a walk is looked at over: all that expressions and host patterns need, and nothing that acts. */
export type Ground = Pick<Walk, 'input' | 'plan' | 'hosts' | 'dropped'> & {
  readonly port: Pick<Port, 'saw'>;
};

/** An entry of the engine's. The key is made of what the workflow knows only, so that a repeated walk makes the same. */
export function engineEntry<K extends EventKind>(
  input: RunInput,
  kind: K,
  about: string,
  data: EventData[K],
): PendingEntry {
  const entry = {
    key: `${input.run}/${kind}/${about}`,
    run: input.run,
    epoch: input.epoch,
    actor: { kind: 'engine' },
    kind,
    data,
  };
  // One member of the union by construction; TypeScript can't relate a generic kind to its data.
  return entry as unknown as PendingEntry;
}

export function note<K extends EventKind>(walk: Walk, kind: K, about: string, data: EventData[K]): void {
  walk.port.note(engineEntry(walk.input, kind, about, data));
}

export function unitOf(plan: Plan, name: string): Unit {
  const unit = plan.units[name];
  if (unit) return unit;
  throw new HoldfastError(
    'plan/no-unit',
    `The plan names a unit ${name} that it does not hold.`,
    'Compile the runbook again.',
  );
}

/** Ends the walk from wherever it is; caught by `interpret` alone. */
export class Stop extends Error {
  readonly status: 'failed' | 'cancelled';
  /** What took effect is undone then. */
  readonly rollback: boolean;
  constructor(status: 'failed' | 'cancelled', why: string, rollback = false) {
    super(why);
    this.status = status;
    this.rollback = rollback;
  }
}

/** Ends one host's part of a loop, because it takes no part any more; caught by that loop alone. */
export class HostOut extends Error {
  readonly host: HostName;
  constructor(host: HostName) {
    super(`${host} takes no part any more`);
    this.host = host;
  }
}

/** Whether nothing more is to be done. An abort that is being retraced ends the walk at the first thing that is new. */
export function isStopping(walk: Walk): boolean {
  return walk.desk.aborted.aborted && !walk.desk.retracing;
}

/** Called before anything new is started. */
export function stopIfAborted(walk: Walk): void {
  if (isStopping(walk)) throw cancelled(walk);
}

export function cancelled(walk: Walk): Stop {
  return new Stop('cancelled', walk.desk.abortReason);
}
