import { type Inventory, makeInventory } from '../../inventory/inventory.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import { digest as digestText } from '../../plan/ids.ts';
import type { CompiledPlan } from '../../plan/plan.ts';
import type { PlanRequest, PlanView } from '../api/plans.ts';
import type { InventoryService } from '../inventory/service.ts';
import { RequestError } from '../problem/requestError.ts';
import type { RunbookLibrary } from '../runbooks/library.ts';
import { noSuchRunbook } from '../runbooks/routes.ts';
import { planView } from './present.ts';
import type { Prober } from './prober.ts';

export type PlanService = {
  /** Compiles and keeps the plan; probes unless the request says `offline`. Throws `plan/complaints` (422) with each complaint. */
  make(request: PlanRequest): Promise<PlanView>;
  /** As `make`, without probes. */
  compile(
    request: PlanRequest,
  ): Promise<{ readonly compiled: CompiledPlan; readonly warnings: readonly string[] }>;
  /** A plan that was made before. Throws `plan/unknown`. */
  view(digest: string): Promise<PlanView>;
};

export function createPlanService(parts: {
  readonly ledger: OpenLedger;
  readonly library: RunbookLibrary;
  readonly inventory: InventoryService;
  readonly prober: Prober;
}): PlanService {
  const { ledger, library, inventory, prober } = parts;

  async function compile(request: PlanRequest) {
    const known = await inventory.load();
    const limited = request.limit === undefined ? known : limit(known, request.limit);
    const { homes, warnings } = request.offline ? NOTHING_ASKED : await inventory.homes(limited);
    const result = await library.compile({
      runbook: request.runbook,
      inputs: request.inputs,
      onFailure: request.on_failure,
      inventory: inventory.withHomes(limited, homes),
    });
    if (result.ok) {
      await ledger.putPlan(result.compiled);
      return { compiled: result.compiled, warnings: [...warnings, ...result.warnings] };
    }
    const all = await library.list();
    if (!all.some(({ name }) => name === request.runbook)) throw noSuchRunbook(request.runbook, all);
    const [first] = result.complaints;
    const others = result.complaints.length - 1;
    throw new RequestError(
      422,
      'plan/complaints',
      `${request.runbook} can't be planned: ${first?.message ?? 'it has complaints'}${others > 0 ? ` (and ${others} more)` : ''}`,
      first?.mend ?? 'Mend what the complaints name, then plan again.',
      result.complaints,
    );
  }

  return {
    compile,
    async make(request) {
      const { compiled, warnings } = await compile(request);
      const probes = request.offline ? [] : await prober(compiled);
      return planView(compiled.plan, compiled.digest, probes, warnings);
    },
    async view(digest) {
      const plan = await ledger.plan(digestText(digest));
      if (plan) return planView(plan, digest, [], []);
      throw new RequestError(
        404,
        'plan/unknown',
        `There is no plan ${digest}.`,
        'Make one with `holdfast plan`.',
      );
    },
  };
}

const NOTHING_ASKED = { homes: {}, warnings: [] } as const;

/** The hosts of the pattern, and groups of those alone. */
function limit(inventory: Inventory, pattern: string): Inventory {
  const picked = inventory.select(pattern);
  if (!picked.ok) throw new RequestError(422, 'inventory/pattern', picked.message, picked.mend);
  const kept = new Set(picked.hosts);
  const groups = [...inventory.groups].map(
    ([name, members]) => [name, members.filter((host) => kept.has(host))] as const,
  );
  return makeInventory(
    inventory.hosts.filter((host) => kept.has(host.name)),
    new Map(groups),
    inventory.files,
  );
}
