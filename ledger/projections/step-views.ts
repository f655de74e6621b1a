import { type HostName, type StepInstance, stepInstance } from '../../plan/ids.ts';
import type { OperatorAction } from '../../plan/operator.ts';
import type { HostResult, Outcome } from '../../plan/outcomes.ts';
import type { Entry, EntryOf } from '../events.ts';

/** One row of the matrix: a step at one place of the walk. */
export type StepView = {
  readonly step: StepInstance;
  readonly title: string;
  /** The step that this one undoes. */
  readonly undoes?: StepInstance;
  /** As which user it runs; left out: as who logs in. */
  readonly become?: string;
  /** Nothing of what it prints is kept. */
  readonly sensitive?: true;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Present once the step is over. */
  readonly outcome?: Outcome;
  readonly why?: string;
  /** Milliseconds since the epoch until which it waits, where its last word was to wait. */
  readonly waitsUntil?: number;
  readonly hosts: readonly HostCell[];
};

/** One cell: the step on one host, as of its newest generation. */
export type HostCell = {
  readonly host: HostName;
  /** `pending`: named, nothing started. `retrying`: the next generation is allowed but not started. */
  readonly state: 'pending' | 'running' | 'retrying' | 'ended';
  readonly generation: number;
  readonly outcome?: Outcome;
  /** When the newest generation's attempt was recorded as started, and as ended. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Everything its last attempt said: exit status, reason, outputs, lengths of its output. */
  readonly result?: HostResult;
  /** Set where a person, or `done`, settled an outcome that could not be known. */
  readonly resolvedBy?: 'done' | 'person' | 'runbook';
  readonly notBefore?: number;
  /** Why a person passed over or settled what happened here; it stands over what the last attempt said. */
  readonly decided?: string;
};

type Row = Omit<StepView, 'hosts'> & { readonly cells: Map<HostName, HostCell> };

/** The matrix from a run's entries in order of `seq`. Rows stand in order of their first entry. */
export function stepViews(entries: readonly Entry[]): readonly StepView[] {
  const rows = new Map<StepInstance, Row>();
  const reasons = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind === 'operator.asked') reasons.set(entry.data.ask, entry.data.reason);
    if (entry.kind === 'operator.applied') decide(rows, entry, reasons.get(entry.data.ask) ?? '');
    if (!('step' in entry.data) || !CHANGES_A_STEP.has(entry.kind)) continue;
    const { step } = entry.data;
    const before = rows.get(step) ?? { step, title: step, cells: new Map() };
    const row = applied(before, entry);
    rows.set(step, row);
    if (entry.kind === 'step.ended' && row.undoes !== undefined) undone(rows, row.undoes, entry);
  }
  return [...rows.values()].map(({ cells, ...row }) => ({ ...row, hosts: [...cells.values()] }));
}

/** A person's reason at the hosts that a skip or a word on an unknown was about. */
function decide(
  rows: ReadonlyMap<StepInstance, Row>,
  { data: { action, point } }: EntryOf<'operator.applied'>,
  decided: string,
): void {
  const step = /^(.*)\/hold\/\d+$/.exec(point ?? '')?.[1];
  const cells = step === undefined ? undefined : rows.get(stepInstance(step))?.cells;
  if (cells === undefined || decided === '') return;
  for (const [host, cell] of cells) {
    if (isAbout(action, cell)) cells.set(host, { ...cell, decided });
  }
}

/** What was undone on a host stands there as that, in the row of the step itself. */
function undone(rows: Map<StepInstance, Row>, step: StepInstance, { data }: EntryOf<'step.ended'>): void {
  const row = rows.get(step);
  if (row === undefined) return;
  for (const [host, cell] of row.cells) {
    if (data.hosts[host] === 'rolled_back') row.cells.set(host, { ...cell, outcome: 'rolled_back' });
  }
  const stands = [...row.cells.values()].some(
    ({ outcome }) => outcome !== 'rolled_back' && didSomething(outcome),
  );
  if (!stands && data.outcome === 'rolled_back') rows.set(step, { ...row, outcome: 'rolled_back' });
}

function didSomething(outcome: Outcome | undefined): boolean {
  return outcome !== 'unchanged' && outcome !== 'skipped' && outcome !== 'unreachable';
}

function isAbout(action: OperatorAction, { host, outcome }: HostCell): boolean {
  if (action.kind === 'resolve') return action.host === host;
  if (action.kind !== 'skip') return false;
  const went = outcome === 'succeeded' || outcome === 'unchanged' || outcome === 'skipped';
  return action.hosts === undefined ? outcome !== undefined && !went : action.hosts.includes(host);
}

const CHANGES_A_STEP: ReadonlySet<Entry['kind']> = new Set([
  'step.started',
  'attempt.started',
  'attempt.ended',
  'generation.opened',
  'unknown.resolved',
  'gate.opened',
  'wait.started',
  'value.set',
  'step.ended',
]);

/** The row after the entry. Its cells are changed in place: a row may have a thousand, and nobody else holds them. */
function applied(row: Row, entry: Entry): Row {
  const { cells } = row;
  switch (entry.kind) {
    case 'step.started': {
      const { title, hosts, undoes, become, sensitive } = entry.data;
      for (const host of hosts)
        if (!cells.has(host)) cells.set(host, { host, state: 'pending', generation: 0 });
      const about = {
        ...(undoes === undefined ? {} : { undoes }),
        ...(become === undefined ? {} : { become }),
        ...(sensitive === true ? { sensitive } : {}),
      };
      return { ...row, ...about, title, startedAt: row.startedAt ?? entry.at };
    }
    case 'attempt.started': {
      const { host, generation } = entry.data;
      const known = cells.get(host);
      if (known?.startedAt !== undefined && known.generation >= generation) return row;
      cells.set(host, { host, state: 'running', generation, startedAt: entry.at });
      return row;
    }
    case 'attempt.ended': {
      const { result } = entry.data;
      const { host, generation, outcome } = result;
      const known = cells.get(host);
      if (known && known.generation > generation) return row;
      const startedAt = known?.generation === generation ? known.startedAt : undefined;
      const times = { endedAt: entry.at, ...(startedAt === undefined ? {} : { startedAt }) };
      cells.set(host, { host, state: 'ended', generation, outcome, result, ...times });
      return row;
    }
    case 'generation.opened': {
      const { hosts, generation, notBefore } = entry.data;
      for (const host of hosts) {
        const { result } = cells.get(host) ?? {};
        const last = result === undefined ? {} : { result };
        cells.set(host, { host, state: 'retrying', generation, notBefore, ...last });
      }
      return row;
    }
    case 'unknown.resolved': {
      const { host, generation, outcome, by } = entry.data;
      const known = cells.get(host) ?? { host };
      cells.set(host, { ...known, state: 'ended', generation, outcome, endedAt: entry.at, resolvedBy: by });
      return row;
    }
    case 'wait.started':
      return { ...row, startedAt: row.startedAt ?? entry.at, waitsUntil: entry.data.until };
    case 'step.ended': {
      const { outcome, hosts, why } = entry.data;
      for (const [name, ended] of Object.entries(hosts)) {
        const host = name as HostName;
        const known = cells.get(host) ?? { host, generation: 0 };
        cells.set(host, { endedAt: entry.at, ...known, state: 'ended', outcome: ended });
      }
      const { waitsUntil: _, ...rest } = row;
      return { ...rest, endedAt: entry.at, outcome, ...(why === undefined ? {} : { why }) };
    }
    default:
      return { ...row, startedAt: row.startedAt ?? entry.at };
  }
}
