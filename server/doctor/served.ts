import type { OpenLedger } from '../../ledger/open.ts';
import type { RunSummary } from '../../ledger/projections/run-summary.ts';
import { KNOWN_INTERPRETERS } from '../../workflows/interpreter/version.ts';
import { DEFAULT_ZONE, zoneQueue } from '../../workflows/queues.ts';
import type { DoctorCheck } from '../api/doctor.ts';
import type { Engine } from '../engine/engine.ts';

type Parts = {
  readonly ledger: Pick<OpenLedger, 'runsList' | 'plan'>;
  readonly engine: Pick<Engine, 'pollers'>;
};

/** Open runs that no worker there is can go on with: of a newer Holdfast, or with hosts in a zone that nobody serves. */
export async function served(parts: Parts): Promise<Omit<DoctorCheck, 'name'>> {
  const open = (await parts.ledger.runsList()).filter((run) => run.endedAt === undefined);
  const polled = new Map<string, boolean>();
  const found = (await Promise.all(open.map((run) => whyNot(parts, run, polled)))).flat();
  const [first] = found;
  if (!first)
    return { level: 'ok', says: open.length === 0 ? 'no run is open' : 'every open run has its workers' };
  return { level: 'error', says: found.map(({ run, why }) => `${run}: ${why}`).join('; '), mend: first.mend };
}

type Unserved = { readonly run: string; readonly why: string; readonly mend: string };

async function whyNot(
  parts: Parts,
  run: RunSummary,
  polled: Map<string, boolean>,
): Promise<readonly Unserved[]> {
  const plan = await parts.ledger.plan(run.plan);
  if (!plan) return [];
  if (!KNOWN_INTERPRETERS.has(plan.interpreter)) {
    const why = `its plan is for interpreter ${plan.interpreter}, which this Holdfast does not know`;
    return [
      {
        run: run.run,
        why,
        mend: 'A newer Holdfast started it: end this one, start that. It goes on by itself.',
      },
    ];
  }
  const zones = [...new Set(plan.hosts.map((host) => host.zone))].filter((zone) => zone !== DEFAULT_ZONE);
  const dark: string[] = [];
  for (const zone of zones) {
    const known = polled.get(zone) ?? (await parts.engine.pollers(zoneQueue(zone), 'activity')) > 0;
    polled.set(zone, known);
    if (!known) dark.push(zone);
  }
  if (dark.length === 0) return [];
  const why = `no worker serves the zone ${dark.join(', ')}, where hosts of it are`;
  return [
    { run: run.run, why, mend: 'Start a worker in that zone: `holdfast worker`. The run goes on by itself.' },
  ];
}
