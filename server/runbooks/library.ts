import type { Inventory } from '../../inventory/inventory.ts';
import type { JsonObject } from '../../plan/json.ts';
import type { CompiledPlan } from '../../plan/plan.ts';
import type { Complaint } from '../api/problem.ts';
import type { RunbookDetail, RunbookSummary } from '../api/runbooks.ts';

/** The runbooks there are. Files are read anew for each request: what is on disk now is what is planned. */
export type RunbookLibrary = {
  list(): Promise<RunbookSummary[]>;
  /** Undefined where there is none of that name. */
  detail(name: string): Promise<RunbookDetail | undefined>;
  compile(request: CompileRequest): Promise<Compiled>;
};

export type CompileRequest = {
  readonly runbook: string;
  readonly inputs: JsonObject;
  readonly onFailure: 'hold' | 'fail';
  readonly inventory: Inventory;
  /** A host pattern: only these take part. */
  readonly limit?: string;
};

export type Compiled =
  | { readonly ok: true; readonly compiled: CompiledPlan; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };
