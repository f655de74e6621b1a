import type { OpenLedger } from '../../ledger/open.ts';
import type { RunId } from '../../plan/ids.ts';
import type { Actor } from '../../plan/operator.ts';
import type { CompiledPlan } from '../../plan/plan.ts';
import type { Expectation, ProbeLimits } from '../../plan/probes.ts';
import type { PlanProgress, ProbeView } from '../api/plans.ts';
import type { Engine } from '../engine/engine.ts';
import { newProbeId } from '../runs/runId.ts';
import { probeView } from './present.ts';

/** What a plan's hosts said, and what follows of it for each step. */
export type Foreseen = {
  readonly probes: readonly ProbeView[];
  readonly expectations: readonly Expectation[];
  readonly warnings: readonly string[];
};

/** Who waits for a plan: told how far it is; once the signal fires nobody waits any more. */
export type Waiting = {
  readonly signal: AbortSignal;
  readonly tell: (progress: PlanProgress) => void;
};

/** Asks hosts, changing nothing, what can be known before a run. */
export type Prober = (compiled: CompiledPlan, waiting: Waiting) => Promise<Foreseen>;

/** A question that takes longer is the run's to wait for; and who looks at a plan waits for all of them. */
export const PROBE_LIMITS: ProbeLimits = { questionMs: 10_000, allMs: 60_000 };

const PAGE = 1_000;

/** By the workflow `probe`: workers ask, each the hosts of its zones, and record what they are told. */
export function workflowProber(parts: {
  readonly ledger: OpenLedger;
  readonly engine: Engine;
  readonly actor: Actor;
  readonly clock: () => number;
}): Prober {
  const { ledger, engine, actor, clock } = parts;

  /** To wait one has to know where the ledger ends: entries of others are looked through too. */
  async function* answers(probe: RunId, from: number, signal: AbortSignal) {
    let seen = from;
    for (;;) {
      const page = await ledger.read({ after: seen, limit: PAGE });
      for (const entry of page) if (entry.run === probe && entry.kind === 'probe.ended') yield entry;
      seen = page.at(-1)?.seq ?? seen;
      if (page.length === PAGE) continue;
      if (signal.aborted) return;
      await ledger.changed(seen, signal);
    }
  }

  return async ({ plan, digest }, { signal, tell }) => {
    const probe = newProbeId(clock());
    const [begun] = await ledger.append([
      {
        key: `plan.compiled/${probe}`,
        run: probe,
        epoch: 1,
        actor,
        kind: 'plan.compiled',
        data: { plan: digest, runbook: plan.runbook },
      },
    ]);
    const over = new AbortController();
    const probes: ProbeView[] = [];
    const listening = (async () => {
      for await (const { data } of answers(probe, begun?.seq ?? 0, over.signal)) {
        probes.push(probeView(data));
        tell({ answers: probes.length, step: data.step, host: data.result.host });
      }
    })();
    const found = await engine.probe({ probe, plan: digest, limits: PROBE_LIMITS }, signal);
    over.abort();
    await listening;
    if (found.kind === 'answered') {
      const { expectations, cut } = found.report;
      return {
        probes,
        expectations,
        warnings: cut ? ['There was more to say of hosts than a plan can hold.'] : [],
      };
    }
    const warning = `Hosts were not asked: ${found.why}. What they would say is not known.`;
    return { probes, expectations: [], warnings: [warning] };
  };
}
