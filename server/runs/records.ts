import type { OpenLedger } from '../../ledger/open.ts';
import type { RunSummary as LedgerSummary } from '../../ledger/projections/run-summary.ts';
import { type RunId, runId } from '../../plan/ids.ts';
import type { RunStatus } from '../../plan/outcomes.ts';
import type { GateView, RunSummary, RunView } from '../api/runs.ts';
import { noSuchRun } from '../problem/requestError.ts';
import type { Hindrances } from './hindrances.ts';
import type { Interrupted } from './interrupted.ts';
import { gateView, runSummary, runView, type WorkflowHealth } from './present.ts';

/** What is known of runs. */
export type RunRecords = {
  /** The id that a person's word means: `@last` is the newest. Throws `run/unknown`. */
  resolve(text: string): Promise<RunId>;
  /** Undefined where there is no such run. */
  summary(run: RunId): Promise<LedgerSummary | undefined>;
  list(filter: {
    readonly status?: readonly RunStatus[];
    readonly since?: number;
    readonly limit: number;
  }): Promise<RunSummary[]>;
  view(run: RunId): Promise<RunView>;
  gates(): Promise<GateView[]>;
  /** The newest epoch that has written of this run; 1 where none has. */
  epoch(run: RunId): Promise<number>;
};

export function createRunRecords(parts: {
  readonly ledger: OpenLedger;
  readonly interrupted: Interrupted;
  readonly hindrances: Hindrances;
  readonly clock: () => number;
}): RunRecords {
  const { ledger, interrupted, hindrances, clock } = parts;
  const health = (run: RunId): WorkflowHealth => ({
    interrupted: interrupted.has(run),
    failing: interrupted.failing(run),
    hindered: hindrances.of(run, clock()),
    lookedFor: hindrances.lookedFor(run),
  });

  async function list(filter: Parameters<RunRecords['list']>[0]): Promise<RunSummary[]> {
    // Whether a run is interrupted is not in the ledger: it is told apart from those that are open, here.
    const { status, limit, ...rest } = filter;
    const all = await ledger.runsList(status ? rest : { ...rest, limit });
    const told = all.map((one) => runSummary(one, health(one.run)));
    return told.filter((one) => status?.includes(one.status) ?? true).slice(0, limit);
  }

  async function summary(run: RunId): Promise<LedgerSummary | undefined> {
    return (await ledger.runView(run))?.summary;
  }

  return {
    async resolve(text) {
      if (text === '@last') {
        const [newest] = await ledger.runsList({ limit: 1 });
        if (newest) return newest.run;
        throw noSuchRun('yet');
      }
      if (await summary(runId(text))) return runId(text);
      throw noSuchRun(text);
    },
    summary,
    list,
    async view(run) {
      const whole = await ledger.runView(run);
      if (!whole) throw noSuchRun(run);
      const [plan, newest] = await Promise.all([ledger.plan(whole.summary.plan), ledger.epoch(run)]);
      return runView(whole, plan, newest ?? 1, health(run));
    },
    async gates() {
      const waiting = (await ledger.runsList()).filter((run) => run.gates.length > 0);
      const wholes = await Promise.all(waiting.map(({ run }) => ledger.runView(run)));
      return wholes.flatMap((whole) => whole?.gates.map((gate) => gateView(whole, gate)) ?? []);
    },
    epoch: async (run) => (await ledger.epoch(run)) ?? 1,
  };
}
