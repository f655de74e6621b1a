import { z } from 'zod';
import { JsonRecord, OutcomeText } from './values.ts';

/** What to make a plan of. Inputs are text as typed (`-i key=value`), or already JSON. */
export const PlanRequest = z
  .object({
    runbook: z.string().min(1),
    inputs: JsonRecord.default({}),
    limit: z.string().optional().describe('A host pattern that narrows the hosts of the inventory.'),
    on_failure: z.enum(['hold', 'fail']).default('hold'),
    offline: z.boolean().default(false).describe('Ask no host anything: no probes, no home folders.'),
  })
  .meta({ id: 'PlanRequest' });
export type PlanRequest = z.output<typeof PlanRequest>;

export const PlanHostView = z
  .object({
    name: z.string(),
    address: z.string(),
    port: z.number().int(),
    user: z.string(),
    zone: z.string(),
    home: z.string().optional(),
  })
  .meta({ id: 'PlanHost' });

/** One step of the plan in the order of the walk; `use` and groups stand before what is in them, one level up. */
export const PlanStepView = z
  .object({
    path: z.string().describe('Place in the plan, without loop indices: `join/start`.'),
    depth: z.number().int(),
    kind: z.enum(['run', 'http', 'copy', 'set', 'check', 'approve', 'manual', 'wait', 'use', 'group']),
    title: z.string(),
    effect: z.enum(['read', 'change', 'destroy']).optional(),
    hosts: z
      .array(z.string())
      .optional()
      .describe('Left out where they are known only when it runs; `hosts_from` then says from what.'),
    hosts_from: z.string().optional(),
    serial: z.string().optional(),
    max_failures: z.string().optional().describe('So many hosts may fail, a number or a share of them.'),
    waits_ms: z
      .number()
      .int()
      .optional()
      .describe(
        'How long a `wait` waits, at most where it waits for something. Left out where only the run knows.',
      ),
    when: z.string().optional(),
    loop: z.string().optional().describe('For each of what it happens.'),
    parallel: z.boolean().optional(),
    rollback: z.boolean().optional().describe('What it did can be undone.'),
    on_failure: z.enum(['hold', 'fail', 'continue', 'rollback']),
    at: z.object({ file: z.string(), line: z.number().int(), column: z.number().int() }),
  })
  .meta({ id: 'PlanStep' });
export type PlanStepView = z.output<typeof PlanStepView>;

export const PlanGateView = z
  .object({
    path: z.string(),
    ask: z.string(),
    by: z.array(z.string()),
    count: z.number().int(),
    expires_ms: z.number().int(),
    manual: z.boolean().optional().describe('Nothing to approve, but to do by hand and confirm.'),
  })
  .meta({ id: 'PlanGate' });

/** What a host said when it was asked before the run: `done` for a step's `done` script, `read` for a step that only reads. */
export const ProbeView = z
  .object({
    path: z.string(),
    host: z.string(),
    of: z.enum(['done', 'read']),
    outcome: OutcomeText,
    says: z.string(),
    outputs: JsonRecord.optional(),
  })
  .meta({ id: 'Probe' });
export type ProbeView = z.output<typeof ProbeView>;

export const PlanView = z
  .object({
    digest: z.string(),
    runbook: z.string(),
    summary: z.string(),
    inputs: JsonRecord,
    on_failure: z.enum(['hold', 'fail']),
    hosts: z.array(PlanHostView),
    locks: z.array(z.string()),
    steps: z.array(PlanStepView),
    gates: z.array(PlanGateView),
    probes: z.array(ProbeView),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Plan' });
export type PlanView = z.output<typeof PlanView>;
