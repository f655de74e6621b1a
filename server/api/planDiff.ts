import { z } from 'zod';
import { JsonValue } from './values.ts';

/** One thing that is said otherwise. Left out: it is not said at all. */
const FieldChange = z.object({
  field: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
export type FieldChange = z.output<typeof FieldChange>;

const What = z.enum(['added', 'removed', 'changed']);

/** A step by its place in the file. A text that has changed (a script) stands there as a whole, before and after. */
const StepChange = z.object({
  path: z.string(),
  what: What,
  effect: z.enum(['read', 'change', 'destroy']).optional(),
  fields: z.array(FieldChange),
  texts: z.array(z.object({ name: z.string(), before: z.string(), after: z.string() })),
});
export type StepChange = z.output<typeof StepChange>;

/** What is different in a plan from an earlier one. */
export const PlanDiffView = z
  .object({
    against: z.object({ digest: z.string(), runbook: z.string(), run: z.string().optional() }),
    same: z.boolean(),
    inputs: z.array(
      z.object({ name: z.string(), before: JsonValue.optional(), after: JsonValue.optional() }),
    ),
    hosts: z.array(z.object({ name: z.string(), what: What, fields: z.array(FieldChange) })),
    locks: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }),
    others: z.array(FieldChange).describe('Of the plan as a whole.'),
    sources: z.array(z.object({ path: z.string(), what: What })),
    steps: z.array(StepChange),
    moved: z.array(z.string()).describe('Steps that come in another order.'),
  })
  .meta({ id: 'PlanDiff' });
export type PlanDiffView = z.output<typeof PlanDiffView>;
