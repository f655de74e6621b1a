import { type Inventory, leftOut, withHomes } from '../../inventory/inventory.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import { digest as digestText, runId } from '../../plan/ids.ts';
import type { CompiledPlan, Plan } from '../../plan/plan.ts';
import type { PlanDiffView } from '../api/planDiff.ts';
import type { PlanRequest, PlanView } from '../api/plans.ts';
import type { InventoryService } from '../inventory/service.ts';
import type { Prober, Waiting } from '../probes/prober.ts';
import { RequestError } from '../problem/requestError.ts';
import type { RunbookLibrary } from '../runbooks/library.ts';
import { noSuchRunbook } from '../runbooks/routes.ts';
import { planDiff, scriptsIn } from './diff.ts';
import { estimatesOf } from './estimate.ts';
import { planView } from './present.ts';
import { scriptsOfStep } from './scripts.ts';

export type PlanService = {
  /**
   * Compiles and keeps the plan; hosts are asked unless the request says `offline`. Throws `plan/complaints` (422) with each
   * complaint.
   */
  make(request: PlanRequest, waiting: Waiting): Promise<PlanView>;
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
    const said = leftOut(known.origin);
    // Only hosts that take part are asked for what the inventory leaves out.
    const unasked = first.compiled.plan.hosts.filter((host) => host.home === undefined);
    if (request.offline || unasked.length === 0) return keep(first, said);
    const { homes, warnings } = await inventory.homes(unasked);
    return keep(await compileWith(request, withHomes(known, homes)), [...said, ...warnings]);
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

  /** A plan by its digest or the beginning of it, or the one that a run follows. */
  async function earlier(which: string): Promise<Earlier> {
    const [newest] = which === '@last' ? await ledger.runsList({ limit: 1 }) : [];
    const run = newest ?? (await ledger.runView(runId(which)))?.summary;
    const digests = run ? [run.plan] : await ledger.planDigests(which.replace(/(…|\.\.\.)$/, ''));
    const [digest, another] = digests;
    const plan = digest && another === undefined ? await ledger.plan(digest) : undefined;
    if (plan && digest) return { plan, digest, ...(run ? { run: run.run } : {}) };
    throw another === undefined
      ? unknownPlan(which)
      : new RequestError(
          400,
          'plan/ambiguous',
          `${digests.length} plans begin with ${which}.`,
          'Give more of its digest.',
        );
  }

  async function diffOf(before: Earlier, { plan, digest, blobs }: CompiledPlan): Promise<PlanDiffView> {
    const texts = new Map(Object.entries(blobs));
    for (const script of scriptsIn(before.plan)) {
      const text = texts.has(script) ? undefined : await ledger.blob(script);
      if (text !== undefined) texts.set(script, text);
    }
    // Both as the store gives them: with their names in one order.
    const after = (await ledger.plan(digest)) ?? plan;
    return planDiff(before, { plan: after, digest }, (text) => texts.get(text));
  }

  return {
    compile,
    async make(request, waiting) {
      const { compiled, warnings } = await compile(request);
      const { plan, digest } = compiled;
      // What it is compared with is looked for first: a mistake there is said before hosts are asked.
      const against = request.diff === undefined ? undefined : await earlier(request.diff);
      const scripts = scriptsAsked(compiled, request.step);
      const [foreseen, estimates] = await Promise.all([
        request.offline ? { warnings: [] } : prober(compiled, waiting),
        estimatesOf(ledger, plan),
      ]);
      const diff = against && (await diffOf(against, compiled));
      const found = { ...foreseen, estimates, warnings: [...warnings, ...foreseen.warnings] };
      return { ...planView(plan, digest, diff ? { ...found, diff } : found), ...scripts };
    },
    async view(digest) {
      const plan = await ledger.plan(digestText(digest));
      if (plan) return planView(plan, digest, { warnings: [], estimates: await estimatesOf(ledger, plan) });
      throw unknownPlan(digest);
    },
  };
}

type Earlier = { readonly plan: Plan; readonly digest: string; readonly run?: string };

function unknownPlan(which: string): RequestError {
  return new RequestError(
    404,
    'plan/unknown',
    `There is no plan ${which}.`,
    'Make one with `holdfast plan`; what it prints last is its digest.',
  );
}

/** Throws `plan/no-step`. */
function scriptsAsked({ plan, blobs }: CompiledPlan, step: string | undefined): Pick<PlanView, 'scripts'> {
  if (step === undefined) return {};
  const scripts = scriptsOfStep(plan, step, (sha256) => blobs[sha256]);
  if (scripts !== undefined) return { scripts: [...scripts] };
  throw new RequestError(
    404,
    'plan/no-step',
    `The plan has no step ${step}.`,
    'Name one as the plan does, with the steps that it is in: join/register.',
  );
}

type Made = { readonly compiled: CompiledPlan; readonly warnings: readonly string[] };
