import { z } from 'zod';
import { ActionKind, Instant, JsonRecord, JsonValue } from './values.ts';

const reason = { reason: z.string().default('') };
const needsReason = { reason: z.string().min(1, 'say why in `reason`: it stands in the record') };
const step = { step: z.string().optional() };
const hosts = { hosts: z.array(z.string()).min(1).optional() };

/** What each action takes, by its name in the path. `confirm`, `skip` and `resolve` need a reason. */
export const operatorBodies = {
  approve: z.strictObject({ ...reason, ...step, shown: z.string().optional() }).meta({ id: 'Approve' }),
  reject: z.strictObject({ ...reason, ...step }).meta({ id: 'Reject' }),
  confirm: z.strictObject({ ...needsReason, ...step }).meta({ id: 'Confirm' }),
  pause: z.strictObject({ ...reason }).meta({ id: 'Pause' }),
  resume: z.strictObject({ ...reason }).meta({ id: 'Resume' }),
  retry: z.strictObject({ ...reason, ...step, ...hosts }).meta({ id: 'Retry' }),
  skip: z
    .strictObject({ ...needsReason, ...step, ...hosts, outputs: JsonRecord.optional() })
    .meta({ id: 'Skip' }),
  resolve: z
    .strictObject({
      ...needsReason,
      ...step,
      host: z.string(),
      as: z.enum(['succeeded', 'failed', 'run_again']),
      outputs: JsonRecord.optional(),
    })
    .meta({ id: 'Resolve' }),
  abort: z.strictObject({ ...reason, rollback: z.boolean().default(false) }).meta({ id: 'Abort' }),
} as const;

/** The workflow took it: 200. */
export const OperatorTaken = z
  .object({ ask: z.string(), says: z.string(), data: JsonValue.optional() })
  .meta({ id: 'OperatorTaken' });
export type OperatorTaken = z.output<typeof OperatorTaken>;

/** Recorded, not yet taken: 202. It is sent again until `expires`; `link` tells what became of it. */
export const OperatorPending = z
  .object({ ask: z.string(), says: z.string(), link: z.string(), expires: Instant })
  .meta({ id: 'OperatorPending' });
export type OperatorPending = z.output<typeof OperatorPending>;

export const AskView = z
  .object({
    ask: z.string(),
    run: z.string(),
    action: ActionKind,
    state: z.enum(['open', 'applied', 'refused', 'expired']),
    says: z.string(),
    mend: z.string().optional(),
    asked_at: Instant,
    expires: Instant,
  })
  .meta({ id: 'Ask' });
export type AskView = z.output<typeof AskView>;
