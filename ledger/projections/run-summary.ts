import type { Digest, HostName, RunId, StepInstance } from '../../plan/ids.ts';
import type { Actor, OperatorAction } from '../../plan/operator.ts';
import type { RunStatus } from '../../plan/outcomes.ts';
import type { Entry } from '../events.ts';

/** A run in one line of the run list. Folded from its entries; times are milliseconds since the epoch. */
export type RunSummary = {
  readonly run: RunId;
  readonly runbook: string;
  readonly plan: Digest;
  readonly by: Actor;
  readonly reason: string;
  readonly ticket?: string;
  readonly status: RunStatus;
  readonly requestedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** When its last entry was written, and which. */
  readonly updatedAt: number;
  readonly lastSeq: number;
  /** Why it ended as it did. */
  readonly why?: string;
  /** What stands still until a person says how to go on. */
  readonly held: readonly HeldStep[];
  readonly gates: readonly OpenGate[];
  readonly paused?: { readonly at: number; readonly before?: StepInstance };
  /** Since when it goes back over what took effect. Stays when it has ended. */
  readonly rollingBackSince?: number;
};

export type HeldStep = {
  readonly step: StepInstance;
  readonly hosts: readonly HostName[];
  readonly why: string;
  readonly offers: readonly OperatorAction['kind'][];
  readonly at: number;
};

export type OpenGate = {
  readonly step: StepInstance;
  readonly ask: string;
  readonly by: readonly string[];
  /** How many people must approve, and how many have. */
  readonly count: number;
  readonly approvals: number;
  readonly expires: number;
  readonly shownDigest: string;
  readonly round: number;
  /** To be done by hand and confirmed, rather than approved. */
  readonly manual?: true;
  readonly at: number;
};

/** The summary after one more entry of its run; undefined before run.requested. */
export function summarise(before: RunSummary | undefined, entry: Entry): RunSummary | undefined {
  if (entry.kind === 'run.requested') return before ?? requested(entry);
  if (!before) return undefined;
  const after = { ...goOn(before, entry), ...change(before, entry), updatedAt: entry.at, lastSeq: entry.seq };
  return { ...after, status: statusOf(after, entry) };
}

function requested(entry: Extract<Entry, { kind: 'run.requested' }>): RunSummary {
  const { plan, runbook, reason, ticket } = entry.data;
  return {
    run: entry.run,
    runbook,
    plan,
    by: entry.actor,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    status: 'requested',
    requestedAt: entry.at,
    updatedAt: entry.at,
    lastSeq: entry.seq,
    held: [],
    gates: [],
  };
}

/** Ended counts over paused, paused over held, held over waiting, waiting over running. */
function statusOf(facts: RunSummary, entry: Entry): RunStatus {
  if (entry.kind === 'run.ended') return entry.data.status;
  if (facts.endedAt !== undefined) return facts.status;
  if (facts.paused) return 'paused';
  if (facts.held.length > 0) return 'held';
  if (facts.gates.length > 0) return 'waiting';
  return facts.startedAt === undefined ? 'requested' : 'running';
}

/** A run that goes on is paused no more: by a person's word, or from the ledger. */
function goOn(before: RunSummary, entry: Entry): RunSummary {
  switch (entry.kind) {
    case 'run.resumed':
    case 'run.continued':
    case 'run.ended': {
      const { paused: _, ...rest } = before;
      return rest;
    }
    default:
      return before;
  }
}

/** What the entry changes in the facts that the status is made of. */
function change(before: RunSummary, entry: Entry): Partial<RunSummary> {
  switch (entry.kind) {
    case 'run.started':
    case 'step.started':
      return { startedAt: before.startedAt ?? entry.at };
    case 'run.ended': {
      const { why } = entry.data;
      return { endedAt: entry.at, held: [], gates: [], ...(why === undefined ? {} : { why }) };
    }
    case 'run.held': {
      const { step, hosts, why, offers } = entry.data;
      const held = [...without(before.held, step), { step, hosts, why, offers, at: entry.at }];
      // A gate that expired or was refused is held: nobody waits for its approval any more.
      return { held, gates: without(before.gates, step) };
    }
    case 'rollback.started':
      // What it stood at on its way forwards is over.
      return { held: [], gates: [], rollingBackSince: entry.at };
    case 'run.paused': {
      const step = entry.data.before;
      return { paused: { at: entry.at, ...(step === undefined ? {} : { before: step }) } };
    }
    case 'gate.opened': {
      const { step, ask, by, count, expires, shownDigest, round, manual } = entry.data;
      const about = { step, ask, by, count, approvals: 0, expires, shownDigest, round, at: entry.at };
      const opened = manual ? { ...about, manual } : about;
      return { gates: [...without(before.gates, step), opened] };
    }
    case 'attempt.started':
    case 'generation.opened':
      return { held: released(before.held, entry.data.step) };
    case 'unknown.resolved':
      return { held: withoutHost(before.held, entry.data.step, entry.data.host) };
    case 'step.ended':
      return {
        held: released(before.held, entry.data.step),
        gates: without(before.gates, entry.data.step),
      };
    case 'operator.applied':
      return answered(before, entry.data.point, entry.data.action.kind);
    default:
      return {};
  }
}

/** An answer closes the hold that it was given to, and the gate once enough have approved or one has rejected. */
function answered(
  before: RunSummary,
  point: string | undefined,
  action: OperatorAction['kind'],
): Partial<RunSummary> {
  const [, step, place] = /^(.*)\/(hold|gate)\/\d+$/.exec(point ?? '') ?? [];
  if (step === undefined) return {};
  if (place === 'hold') return { held: without(before.held, step) };
  const gates = before.gates.flatMap((gate) => {
    if (gate.step !== step) return [gate];
    const approvals = gate.approvals + 1;
    return action === 'approve' && approvals < gate.count ? [{ ...gate, approvals }] : [];
  });
  return { gates };
}

function without<T extends { readonly step: StepInstance }>(some: readonly T[], step: string): readonly T[] {
  return some.filter((one) => one.step !== step);
}

/** A step that goes on frees itself, and the group around it that was held as a whole. */
function released(held: readonly HeldStep[], step: StepInstance): readonly HeldStep[] {
  return held.filter((one) => one.step !== step && !step.startsWith(`${one.step}/`));
}

function withoutHost(held: readonly HeldStep[], step: StepInstance, host: HostName): readonly HeldStep[] {
  return held.flatMap((one) => {
    if (one.step !== step) return [one];
    const hosts = one.hosts.filter((name) => name !== host);
    return hosts.length > 0 ? [{ ...one, hosts }] : [];
  });
}
