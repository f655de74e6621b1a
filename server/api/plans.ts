import { z } from 'zod';
import { PlanDiffView } from './planDiff.ts';
import { JsonRecord, OutcomeText } from './values.ts';

/** What to make a plan of. Inputs are text as typed (`-i key=value`), or already JSON. */
export const PlanRequest = z
  .object({
    runbook: z.string().min(1),
    inputs: JsonRecord.default({}),
    limit: z.string().optional().describe('A host pattern that narrows the hosts of the inventory.'),
    on_failure: z.enum(['hold', 'fail']).default('hold'),
    offline: z.boolean().default(false).describe('Ask no host anything: no probes, no home folders.'),
    diff: z
      .string()
      .min(1)
      .optional()
      .describe('A plan (its digest, or the beginning of it) or a run: what is different from it.'),
    step: z
      .string()
      .min(1)
      .optional()
      .describe('A step, by its path: its scripts too, with the functions that they call.'),
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

/** How long earlier runs took, in milliseconds; what they waited for people is not counted. */
export const EstimateView = z
  .object({
    runs: z.number().int().describe('Of so many earlier runs of this runbook.'),
    median_ms: z.number().int(),
    shortest_ms: z.number().int(),
    longest_ms: z.number().int(),
  })
  .meta({ id: 'Estimate' });
export type EstimateView = z.output<typeof EstimateView>;

/** What would become of a step on some of its hosts, as far as hosts can tell before the run. No hosts: it happens once. */
export const ExpectationView = z
  .object({
    what: z
      .enum(['answers', 'done', 'would_change', 'skipped', 'known', 'met', 'would_stop', 'unknown'])
      .describe(
        'It only reads and was asked; it is as it should be; it would act; its `when` does not hold; names have values; a requirement holds; the run would stop here; only the run will know.',
      ),
    hosts: z.array(z.string()),
    says: z.string().optional().describe('Why; of `met` the requirement.'),
    about: z.string().optional().describe('Of `unknown`: what of the step; left out: what becomes of it.'),
    behind: z
      .string()
      .optional()
      .describe('So it is now; this step comes before, changes something, and it is asked again then.'),
    values: JsonRecord.optional(),
    turns: z.array(z.string()).optional().describe('Of a loop: in which turns, `join[etcd01]`.'),
  })
  .meta({ id: 'Expectation' });
export type ExpectationView = z.output<typeof ExpectationView>;

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
    become: z.string().optional().describe('As which user it runs on hosts. Left out: as who logs in.'),
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
    expects: z.array(ExpectationView).optional().describe('Left out where nothing was asked.'),
    estimate: EstimateView.optional(),
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

/** What the runbook took where one input that decides which steps happen had another value. */
export const OtherwiseView = z
  .object({ input: z.string(), value: z.union([z.string(), z.boolean()]), estimate: EstimateView })
  .meta({ id: 'Otherwise' });
export type OtherwiseView = z.output<typeof OtherwiseView>;

/** A script of a step, and the functions of included shell files that it calls, itself or through others. */
export const StepScript = z
  .object({
    of: z.string().describe('run, done or rollback'),
    shell: z.string(),
    text: z.string(),
    functions: z.array(
      z.object({ name: z.string(), file: z.string(), line: z.number().int(), text: z.string() }),
    ),
  })
  .meta({ id: 'StepScript' });
export type StepScript = z.output<typeof StepScript>;

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
    asked: z.boolean().describe('Whether hosts were asked; what they said is in `probes` and in the steps.'),
    estimate: EstimateView.optional().describe('Of the whole; left out where no earlier run succeeded.'),
    otherwise: z
      .array(OtherwiseView)
      .optional()
      .describe('Of earlier runs that chose one thing otherwise. Left out where there are none.'),
    diff: PlanDiffView.optional(),
    scripts: z.array(StepScript).optional().describe('Of the step that was asked for.'),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Plan' });
export type PlanView = z.output<typeof PlanView>;

/** How far the questions of a plan are. */
export const PlanProgress = z
  .object({ answers: z.number().int(), step: z.string(), host: z.string() })
  .meta({ id: 'PlanProgress' });
export type PlanProgress = z.output<typeof PlanProgress>;
