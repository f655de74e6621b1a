import type { HeldStep, RunSummary as LedgerSummary } from '../../ledger/projections/run-summary.ts';
import type { RunView as LedgerView, LocksOfRun } from '../../ledger/projections/run-view.ts';
import type { HostCell, StepView as LedgerStep } from '../../ledger/projections/step-views.ts';
import type { Trace } from '../../plan/outcomes.ts';
import type { Plan } from '../../plan/plan.ts';
import type { LookedFor } from '../../plan/rounds.ts';
import type { CellView, GateView, HeldView, RunSummary, RunView, StepView, TraceView } from '../api/runs.ts';
import { failingWarning } from './interrupted.ts';
import { undoableSteps } from './undoable.ts';
import { valuesInOrder } from './valuesInOrder.ts';

/** How the run's workflow is. `interrupted`: gone without an end in the ledger; `failing`: tries in vain to go on with it. */
export type WorkflowHealth = {
  readonly interrupted: boolean;
  readonly failing: number | undefined;
  /** What else keeps it from going on, in words. */
  readonly hindered: readonly string[];
  readonly lookedFor: readonly LookedFor[];
};

/** The ledger's views as the API tells them. */
export function runSummary(summary: LedgerSummary, health: WorkflowHealth): RunSummary {
  const { interrupted } = health;
  return {
    run: summary.run,
    runbook: summary.runbook,
    status: interrupted ? 'interrupted' : summary.status,
    requested_at: summary.requestedAt,
    requested_by: summary.by,
    reason: summary.reason,
    ...given('ticket', summary.ticket),
    ...given('started_at', summary.startedAt),
    ...given('ended_at', summary.endedAt),
    ...given('why', whyOf(summary, interrupted)),
    ...given('at', summary.held[0]?.step ?? summary.gates[0]?.step),
    ...given('rolling_back_since', summary.rollingBackSince),
    ...given('warning', warningOf(summary, health)),
  };
}

function warningOf({ endedAt }: LedgerSummary, { failing, hindered }: WorkflowHealth): string | undefined {
  if (endedAt !== undefined) return undefined;
  const all = [...(failing === undefined ? [] : [failingWarning(failing)]), ...hindered];
  return all.length === 0 ? undefined : all.join('; ');
}

function whyOf(summary: LedgerSummary, interrupted: boolean): string | undefined {
  if (interrupted)
    return `its workflow is gone; it goes on from the ledger with: holdfast resume ${summary.run}`;
  if (summary.why !== undefined) return summary.why;
  return summary.held[0]?.why ?? summary.gates[0]?.ask;
}

type Whole = LedgerView & { readonly locks: LocksOfRun };

export function runView(
  whole: Whole,
  plan: Plan | undefined,
  epoch: number,
  health: WorkflowHealth,
): RunView {
  const { summary } = whole;
  const main = plan?.units[plan.main];
  const values = new Map(
    whole.values.map((made) => {
      const step = main?.steps.find(({ id }) => id === made.step);
      return [made.step, { ...made, values: valuesInOrder(made.values, step) }];
    }),
  );
  return {
    ...runSummary(summary, health),
    plan: summary.plan,
    inputs: whole.inputs,
    epoch,
    steps: whole.steps.map((step) => stepView(step, values.get(step.step), summary.endedAt, health)),
    gates: whole.gates.map((gate) => gateView(whole, gate)),
    held: summary.held.map(heldView),
    undoable: undoableNow(whole, plan),
    locks: [...whole.locks.held],
    ...given('queue', queueOf(whole.locks)),
    ...given('outputs', whole.outputs),
    report: [...(main?.report ?? [])],
    seq: summary.lastSeq,
  };
}

function undoableNow({ summary, steps }: Whole, plan: Plan | undefined): RunView['undoable'] {
  if (summary.endedAt !== undefined || summary.rollingBackSince !== undefined) return [];
  return undoableSteps(plan, steps).map(({ step, hosts }) => ({ step, hosts: [...hosts] }));
}

function queueOf({ waiting }: LocksOfRun): RunView['queue'] {
  if (!waiting) return undefined;
  const held = waiting.held.map(({ name, run, since }) => ({ name, run, since }));
  return { names: [...waiting.names], held, ahead: [...waiting.ahead] };
}

function stepView(
  step: LedgerStep,
  value: Whole['values'][number] | undefined,
  runEnded: number | undefined,
  { lookedFor }: WorkflowHealth,
): StepView {
  const lost = new Map(lookedFor.filter((one) => one.step === step.step).map((one) => [one.host, one]));
  return {
    step: step.step,
    title: step.title,
    outcome: step.outcome ?? (value === undefined ? 'running' : 'succeeded'),
    ...given('started_at', step.startedAt),
    // What an end of the run cut short ended with it.
    ...given('ended_at', step.endedAt ?? (step.startedAt === undefined ? undefined : runEnded)),
    hosts: step.hosts.map((cell) => cellView(cell, lost.get(cell.host))),
    ...given('values', value?.values),
    ...given('choice', value?.choice),
    ...given('why', step.why),
    ...given('waits_until', step.waitsUntil),
    ...given('undoes', step.undoes),
    ...given('become', step.become),
    ...given('sensitive', step.sensitive),
  };
}

function cellView(cell: HostCell, lost: LookedFor | undefined): CellView {
  const { result } = cell;
  return {
    host: cell.host,
    outcome: cell.state === 'ended' ? (cell.outcome ?? 'unknown') : cell.state,
    generation: cell.generation,
    ...given('rc', result?.rc),
    ...given('reason', result?.reason),
    ...given('place', result?.place),
    ...given('evidence', result?.evidence),
    ...given('session_lives', result?.sessionLives),
    ...given('trace', traceView(result?.trace)),
    ...given('outputs', result?.outputs),
    ...given('started_at', cell.startedAt),
    ...given('ended_at', cell.endedAt),
    ...given('out_bytes', result?.out?.bytes),
    ...given('err_bytes', result?.err?.bytes),
    ...given('resolved_by', cell.resolvedBy),
    ...given('decided', cell.decided),
    ...given('not_before', cell.notBefore),
    ...given('looked_for', cell.state === 'running' ? lookedForView(lost) : undefined),
  };
}

function traceView(trace: Trace | undefined): TraceView | undefined {
  if (trace === undefined) return undefined;
  const { askedAt, lostSince, boot, session, directory, said } = trace;
  return {
    ...given('asked_at', askedAt),
    ...given('lost_since', lostSince),
    ...given('boot', boot),
    ...given('session', session),
    ...given('directory', directory),
    ...given('said', said),
  };
}

function lookedForView(lost: LookedFor | undefined): CellView['looked_for'] {
  return lost === undefined ? undefined : { since: lost.since, until: lost.until, why: lost.why };
}

export function gateView(whole: LedgerView, gate: LedgerView['gates'][number]): GateView {
  const approvals = whole.asks.filter(
    (ask) =>
      ask.action.kind === 'approve' &&
      ask.end?.kind === 'applied' &&
      ask.end.at >= gate.at &&
      (ask.action.step === undefined || ask.action.step === gate.step),
  );
  return {
    run: whole.summary.run,
    step: gate.step,
    ask: gate.ask,
    by: [...gate.by],
    count: gate.count,
    approvals: approvals.map(({ actor, at, reason }) => ({ actor, at, reason })),
    opened_at: gate.at,
    expires: gate.expires,
    ...given('manual', gate.manual),
    shown: gate.shown,
    shown_digest: gate.shownDigest,
  };
}

function heldView(held: HeldStep): HeldView {
  const { step, hosts, why, offers, at } = held;
  return { step, hosts: [...hosts], why, offers: [...offers], since: at };
}

/** The key with its value, or nothing where there is none. */
function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
