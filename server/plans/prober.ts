import type { CompiledPlan } from '../../plan/plan.ts';
import type { ProbeView } from '../api/plans.ts';

/** Asks hosts, changing nothing, what can be known before a run. */
export type Prober = (compiled: CompiledPlan) => Promise<readonly ProbeView[]>;
