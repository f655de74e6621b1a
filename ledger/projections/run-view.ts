import type { HostName, RunId, StepInstance } from '../../plan/ids.ts';
import type { Json, JsonObject } from '../../plan/json.ts';
import type { OperatorAsk } from '../../plan/operator.ts';
import type { Entry } from '../events.ts';
import type { HeldLock } from '../ledger.ts';
import { type OpenGate, type RunSummary, summarise } from './run-summary.ts';
import { type StepView, stepViews } from './step-views.ts';

/** Everything that `show` says of a run, folded from its entries. Times are milliseconds since the epoch. */
export type RunView = {
  readonly summary: RunSummary;
  readonly inputs: JsonObject;
  readonly outputs?: JsonObject;
  /** In order of their first entry: the steps × hosts matrix. */
  readonly steps: readonly StepView[];
  /** What `set` and `choose` decided, in order. */
  readonly values: readonly {
    readonly step: StepInstance;
    readonly values: JsonObject;
    readonly choice?: string;
    readonly at: number;
  }[];
  /** Open gates with what is shown to who approves. */
  readonly gates: readonly (OpenGate & { readonly shown: Json })[];
  /** What people asked, and what became of it. */
  readonly asks: readonly AskView[];
  /** Where jobs of this run lie on each host. */
  readonly places: readonly {
    readonly host: HostName;
    readonly directory: string;
    readonly memory: boolean;
  }[];
};

export type AskView = OperatorAsk & {
  readonly at: number;
  readonly expires: number;
  readonly end?: {
    readonly kind: 'applied' | 'refused' | 'expired';
    readonly says?: string;
    readonly at: number;
  };
};

/** What of a run stands in lock rows and not in its entries. */
export type LocksOfRun = {
  readonly held: readonly string[];
  /** Present while the run waits: what it waits for, who holds that, and who is before it. */
  readonly waiting?: {
    readonly names: readonly string[];
    readonly held: readonly HeldLock[];
    readonly ahead: readonly RunId[];
  };
};

/** The view of one run from all of its entries, in order of `seq`; undefined where it was never requested. */
export function runView(entries: readonly Entry[]): RunView | undefined {
  const summary = entries.reduce<RunSummary | undefined>(summarise, undefined);
  if (!summary) return undefined;
  const requested = entries.find((entry) => entry.kind === 'run.requested');
  const ended = entries.findLast((entry) => entry.kind === 'run.ended');
  const outputs = ended?.data.outputs;
  return {
    summary,
    inputs: requested?.data.inputs ?? {},
    ...(outputs === undefined ? {} : { outputs }),
    steps: stepViews(entries),
    values: entries.filter((entry) => entry.kind === 'value.set').map(({ data, at }) => ({ ...data, at })),
    gates: summary.gates.map((gate) => ({ ...gate, shown: shownAt(entries, gate.step) })),
    asks: askViews(entries),
    places: entries
      .filter((entry) => entry.kind === 'place.chosen')
      .map(({ data: { host, directory, memory } }) => ({ host, directory, memory })),
  };
}

function shownAt(entries: readonly Entry[], step: StepInstance): Json {
  const opened = entries.findLast((entry) => entry.kind === 'gate.opened' && entry.data.step === step);
  return opened?.kind === 'gate.opened' ? opened.data.shown : null;
}

function askViews(entries: readonly Entry[]): readonly AskView[] {
  const asks = new Map<string, AskView>();
  for (const entry of entries) {
    if (entry.kind === 'operator.asked') {
      asks.set(entry.data.ask, { ...entry.data, actor: entry.actor, at: entry.at });
      continue;
    }
    const end = endOf(entry);
    const ask = end && asks.get(end.ask);
    if (end && ask && !ask.end) asks.set(end.ask, { ...ask, end: { ...end.end, at: entry.at } });
  }
  return [...asks.values()];
}

type End = { readonly ask: string; readonly end: Omit<NonNullable<AskView['end']>, 'at'> };

function endOf(entry: Entry): End | undefined {
  switch (entry.kind) {
    case 'operator.applied':
      return { ask: entry.data.ask, end: { kind: 'applied', says: entry.data.says } };
    case 'operator.refused':
      return { ask: entry.data.ask, end: { kind: 'refused', says: entry.data.why } };
    case 'operator.expired':
      return { ask: entry.data.ask, end: { kind: 'expired' } };
    default:
      return undefined;
  }
}
