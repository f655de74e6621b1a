import type { Plan } from '../../plan/plan.ts';

/** The behaviours of the interpreter that this one knows. A plan names the one that it was made for. */
export const KNOWN_INTERPRETERS: ReadonlySet<number> = new Set<Plan['interpreter']>([1]);

/**
 * Throws a plain error for the plan of a newer Holdfast. That fails the workflow task and not the run: Temporal tries again
 * until a worker comes that knows it.
 */
export function requireKnown({ interpreter }: Plan): void {
  if (KNOWN_INTERPRETERS.has(interpreter)) return;
  throw new Error(
    `the plan was made for interpreter ${interpreter}; this worker knows ${[...KNOWN_INTERPRETERS].join(', ')}`,
  );
}
