import { type Inventory, withHomes } from '../../inventory/inventory.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import { digest as digestText } from '../../plan/ids.ts';
import type { CompiledPlan } from '../../plan/plan.ts';
import type { PlanRequest, PlanView } from '../api/plans.ts';
import type { InventoryService } from '../inventory/service.ts';
import type { Prober } from '../probes/prober.ts';
import { RequestError } from '../problem/requestError.ts';
import type { RunbookLibrary } from '../runbooks/library.ts';
import { noSuchRunbook } from '../runbooks/routes.ts';
import { planView } from './present.ts';

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
    const first = await compileWith(request, known);
    // Only hosts that take part are asked for what the inventory leaves out.
    const unasked = first.compiled.plan.hosts.filter((host) => host.home === undefined);
    if (request.offline || unasked.length === 0) return keep(first, []);
    const { homes, warnings } = await inventory.homes(unasked);
    return keep(await compileWith(request, withHomes(known, homes)), warnings);
  }

  async function keep({ compiled, warnings }: Made, more: readonly string[]): Promise<Made> {
    await ledger.putPlan(compiled);
    return { compiled, warnings: [...more, ...warnings] };
  }

  async function compileWith(request: PlanRequest, hosts: Inventory): Promise<Made> {
    const { runbook, inputs, limit } = request;
    const onFailure = request.on_failure;
    const limited = limit === undefined ? {} : { limit };
    const result = await library.compile({ runbook, inputs, onFailure, inventory: hosts, ...limited });
    if (result.ok) return result;
    const all = await library.list();
    if (!all.some(({ name }) => name === runbook)) throw noSuchRunbook(runbook, all);
    const [first] = result.complaints;
    const others = result.complaints.length - 1;
    throw new RequestError(
      422,
      'plan/complaints',
      `${runbook} can't be planned: ${first?.message ?? 'it has complaints'}${others > 0 ? ` (and ${others} more)` : ''}`,
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

type Made = { readonly compiled: CompiledPlan; readonly warnings: readonly string[] };
