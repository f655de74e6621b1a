import { HoldfastError } from '../../plan/errors.ts';
import type { Digest, HostName } from '../../plan/ids.ts';
import {
  type CopyStep,
  isHostStep,
  type Plan,
  type PlanHost,
  type Script,
  type SecretReference,
  type Step,
} from '../../plan/plan.ts';
import { sealsOutputs } from '../../plan/sensitive.ts';
import type { JobScript } from '../jobs/attemptText.ts';
import type { RoundsParts } from './context.ts';
import type { Sourced } from './reason.ts';

const keptTexts = 500;
const keptPlans = 20;

export type PlanView = {
  readonly hosts: ReadonlyMap<HostName, PlanHost>;
  /** The path that a text had when the plan was made. */
  readonly paths: ReadonlyMap<Digest, string>;
  copyStep(unit: string, id: string): CopyStep | undefined;
  readonly secrets: readonly SecretReference[];
  /** Some step of it has outputs that are sealed. */
  readonly seals: boolean;
};

/** Plans and texts by digest. What a digest names never changes, so both are remembered. */
export class Texts {
  readonly #parts: Pick<RoundsParts, 'planOf' | 'textOf'>;
  readonly #plans = new Map<Digest, Promise<PlanView>>();
  readonly #texts = new Map<Digest, Promise<string>>();

  constructor(parts: Pick<RoundsParts, 'planOf' | 'textOf'>) {
    this.#parts = parts;
  }

  plan(digest: Digest): Promise<PlanView> {
    return remembered(this.#plans, digest, keptPlans, async () => {
      const plan = await this.#parts.planOf(digest);
      return plan === undefined ? missing('plan', digest) : viewOf(plan);
    });
  }

  text(digest: Digest): Promise<string> {
    return remembered(this.#texts, digest, keptTexts, async () => {
      return (await this.#parts.textOf(digest)) ?? missing('text', digest);
    });
  }

  async script(script: Script): Promise<JobScript> {
    return { text: await this.text(script.sha256), shell: script.shell, includes: script.includes };
  }

  /** The shell files of a script, with the names that people know them by. */
  async includes(script: JobScript, plan: PlanView): Promise<readonly Sourced[]> {
    return Promise.all(
      script.includes.map(async (digest) => ({
        name: plan.paths.get(digest) ?? `include-${digest.slice(0, 8)}`,
        text: await this.text(digest),
      })),
    );
  }
}

function viewOf(plan: Plan): PlanView {
  return {
    hosts: new Map(plan.hosts.map((host) => [host.name, host])),
    paths: new Map(plan.sources.map((source) => [source.sha256, source.path])),
    secrets: secretsOf(plan),
    seals: Object.values(plan.units ?? {}).some((unit) => unit.steps.some(seals)),
    copyStep: (unit, id) => copyIn(plan.units[unit]?.steps ?? [], id),
  };
}

function remembered<T>(
  store: Map<Digest, Promise<T>>,
  digest: Digest,
  most: number,
  load: () => Promise<T>,
): Promise<T> {
  const there = store.get(digest);
  if (there !== undefined) return there;
  const loading = load();
  store.set(digest, loading);
  loading.catch(() => store.delete(digest));
  const oldest = store.size > most ? store.keys().next().value : undefined;
  if (oldest !== undefined) store.delete(oldest);
  return loading;
}

function missing(what: 'plan' | 'text', digest: Digest): never {
  throw new HoldfastError(
    `rounds/no-${what}`,
    `The ${what} ${digest} is not in the store that this worker uses.`,
    'Point the worker at the ledger that the run was requested in.',
  );
}

function copyIn(steps: readonly Step[], id: string): CopyStep | undefined {
  for (const step of steps) {
    if (step.kind === 'copy' && step.id === id) return step;
    const within = step.kind === 'group' ? copyIn(step.steps, id) : undefined;
    if (within !== undefined) return within;
  }
  return undefined;
}

function seals(step: Step): boolean {
  if (step.kind === 'group') return step.steps.some(seals);
  return isHostStep(step) && sealsOutputs(step.outputs);
}

/** All that the plan names, in its units and in its inputs. */
function secretsOf({ units, inputs }: Plan): readonly SecretReference[] {
  const named = Object.values(units ?? {}).flatMap((unit) => Object.values(unit.secrets ?? {}));
  return [...new Set([...named, ...markersIn(inputs)])];
}

function markersIn(json: unknown): readonly SecretReference[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) =>
    name === '$secret' && typeof value === 'string' ? [value] : markersIn(value),
  );
}
