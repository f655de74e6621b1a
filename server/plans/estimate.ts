import type { Entry, EventKind } from '../../ledger/events.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import { staticPath } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import type { Plan } from '../../plan/plan.ts';
import type { EstimateView, OtherwiseView } from '../api/plans.ts';
import { choicesOf, differences, type Otherwise } from './choices.ts';

/**
 * How long earlier runs of a runbook took that made the plan's choices: the whole, and each step by its place in the file. And the whole of
 * those that chose one thing otherwise, so that who chooses sees what it costs.
 */
export type Estimates = {
  readonly whole: EstimateView | undefined;
  readonly steps: ReadonlyMap<string, EstimateView>;
  readonly otherwise: readonly OtherwiseView[];
};

/** The newest ones count; older ones were of other hosts and other versions. */
const RUNS = 10;
/** Runs whose record is longer are left out: reading them takes longer than a plan may. */
const MOST_ENTRIES = 5_000;
const KINDS: readonly EventKind[] = [
  'run.requested',
  'run.started',
  'run.ended',
  'run.held',
  'run.paused',
  'run.resumed',
  'rollback.started',
  'step.started',
  'step.ended',
  'gate.opened',
  'operator.applied',
];

export async function estimatesOf(ledger: OpenLedger, plan: Plan): Promise<Estimates> {
  const runs = (await ledger.runsList()).filter(
    (run) => run.runbook === plan.runbook && run.endedAt !== undefined,
  );
  const records = await Promise.all(
    runs.slice(0, RUNS).map(({ run }) => ledger.read({ run, kinds: KINDS, limit: MOST_ENTRIES })),
  );
  return estimatesFrom(
    records.filter((entries) => entries.length < MOST_ENTRIES),
    choicesOf(plan),
  );
}

/** From the entries of each of those runs. */
export function estimatesFrom(records: readonly (readonly Entry[])[], choices: JsonObject): Estimates {
  const times = records.map((entries) => ({
    ...runTimes(entries),
    differs: differences(choices, inputsOf(entries)),
  }));
  const alike = times.filter(({ differs }) => differs.length === 0);
  const steps = new Map<string, number[]>();
  for (const { steps: own } of alike)
    for (const [path, ms] of own) steps.set(path, [...(steps.get(path) ?? []), ms]);
  return {
    whole: estimate(alike.flatMap(({ whole }) => whole ?? [])),
    steps: new Map([...steps].flatMap(([path, all]) => named(path, estimate(all)))),
    otherwise: otherwise(times),
  };
}

type Chosen = { readonly whole: number | undefined; readonly differs: readonly Otherwise[] };

function otherwise(times: readonly Chosen[]): readonly OtherwiseView[] {
  const those = times.filter(({ differs }) => differs.length === 1);
  const byChoice = Map.groupBy(those, ({ differs }) => JSON.stringify(differs));
  return [...byChoice.values()].flatMap((same): readonly OtherwiseView[] => {
    const [chosen] = same[0]?.differs ?? [];
    const took = estimate(same.flatMap(({ whole }) => whole ?? []));
    return chosen === undefined || took === undefined ? [] : [{ ...chosen, estimate: took }];
  });
}

function inputsOf(entries: readonly Entry[]): JsonObject {
  const requested = entries.find((entry) => entry.kind === 'run.requested');
  return requested?.kind === 'run.requested' ? requested.data.inputs : {};
}

function named<T>(name: string, value: T | undefined): readonly (readonly [string, T])[] {
  return value === undefined ? [] : [[name, value]];
}

export function estimate(all: readonly number[]): EstimateView | undefined {
  const sorted = all.toSorted((a, b) => a - b);
  const [shortest, longest] = [sorted[0], sorted.at(-1)];
  if (shortest === undefined || longest === undefined) return undefined;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
  const median = Math.round((low + high) / 2);
  return { runs: all.length, median_ms: median, shortest_ms: shortest, longest_ms: longest };
}

type Span = { readonly from: number; readonly to: number };
type Times = { readonly whole: number | undefined; readonly steps: ReadonlyMap<string, number> };

/**
 * What one run took, in milliseconds, without the time that it stood still for people: at gates, held, paused. The whole of one
 * that succeeded; of each step that succeeded the time in which it was under way anywhere.
 */
export function runTimes(entries: readonly Entry[]): Times {
  const idle = standstills(entries);
  const started = entries.find((entry) => entry.kind === 'run.started')?.at;
  const ended = entries.find((entry) => entry.kind === 'run.ended');
  const succeeded = ended?.kind === 'run.ended' && ended.data.status === 'succeeded';
  const whole =
    succeeded && started !== undefined ? busy([{ from: started, to: ended.at }], idle) : undefined;
  const steps = new Map([...spans(entries)].map(([path, own]) => [path, busy(own, idle)]));
  return { whole, steps };
}

function spans(entries: readonly Entry[]): ReadonlyMap<string, readonly Span[]> {
  const open = new Map<string, number>();
  const closed = new Map<string, Span[]>();
  for (const entry of entries) {
    if (entry.kind === 'step.started' && entry.data.undoes === undefined) open.set(entry.data.step, entry.at);
    if (entry.kind !== 'step.ended') continue;
    const from = open.get(entry.data.step);
    if (from === undefined || entry.data.outcome !== 'succeeded') continue;
    const path = staticPath(entry.data.step);
    closed.set(path, [...(closed.get(path) ?? []), { from, to: entry.at }]);
  }
  return closed;
}

/** When the run stood still until somebody acted. */
function standstills(entries: readonly Entry[]): readonly Span[] {
  const last = entries.at(-1)?.at ?? 0;
  return entries.flatMap((entry, at): readonly Span[] => {
    const ends = endOfStandstill(entry);
    if (!ends) return [];
    const end = entries.slice(at + 1).find(ends);
    return [{ from: entry.at, to: end?.at ?? last }];
  });
}

function endOfStandstill(entry: Entry): ((later: Entry) => boolean) | undefined {
  switch (entry.kind) {
    case 'gate.opened':
    case 'run.held': {
      const { step } = entry.data;
      const place = entry.kind === 'run.held' ? 'hold' : 'gate';
      return (later) =>
        later.kind === 'rollback.started' ||
        (later.kind === 'step.ended' && later.data.step === step) ||
        (later.kind === 'operator.applied' && (later.data.point ?? '').startsWith(`${step}/${place}/`));
    }
    case 'run.paused':
      return (later) => later.kind === 'run.resumed';
    default:
      return undefined;
  }
}

/** The time that lies in one of these and in no standstill; what goes on side by side counts once. */
function busy(work: readonly Span[], idle: readonly Span[]): number {
  return covered([...work, ...idle]) - covered(idle);
}

/** How long at least one of them lasts. */
function covered(spans: readonly Span[]): number {
  let total = 0;
  let until = -Infinity;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    total += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return total;
}
