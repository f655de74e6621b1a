import { z } from 'zod';
import { PlanRequest } from './plans.ts';
import {
  ActionKind,
  ActorView,
  Instant,
  JsonRecord,
  JsonValue,
  OutcomeText,
  RunStatusText,
} from './values.ts';

const why = {
  reason: z.string().default(''),
  ticket: z.string().optional(),
};

/** Starts what a plan says, or makes the plan first. */
export const RunRequest = z
  .union([
    z.strictObject({ plan: z.string().regex(/^[0-9a-f]{64}$/, 'a plan is named by its digest'), ...why }),
    z.strictObject({ ...PlanRequest.shape, ...why }),
  ])
  .meta({ id: 'RunRequest' });
export type RunRequest = z.output<typeof RunRequest>;

export const RunAccepted = z
  .object({ run: z.string(), plan: z.string(), link: z.string(), warnings: z.array(z.string()) })
  .meta({ id: 'RunAccepted' });
export type RunAccepted = z.output<typeof RunAccepted>;

export const RunSummary = z
  .object({
    run: z.string(),
    runbook: z.string(),
    status: RunStatusText,
    requested_at: Instant,
    requested_by: ActorView,
    reason: z.string(),
    ticket: z.string().optional(),
    started_at: Instant.optional(),
    ended_at: Instant.optional(),
    why: z.string().optional().describe('Why it is held, waits, is interrupted, or ended as it did.'),
    at: z.string().optional().describe('The step that it is held at, or that waits for an answer.'),
    rolling_back_since: Instant.optional().describe('Set once it goes back over what took effect.'),
    warning: z.string().optional().describe('What is wrong with it that its status does not say.'),
  })
  .meta({ id: 'RunSummary' });
export type RunSummary = z.output<typeof RunSummary>;

export const RunList = z.object({ runs: z.array(RunSummary) }).meta({ id: 'RunList' });
export type RunList = z.output<typeof RunList>;

export const RunQuery = z.object({
  status: z.string().optional().describe('One status, or several with commas.'),
  since: Instant.or(z.string().regex(/^\d+$/).transform(Number))
    .optional()
    .describe('Requested at or after.'),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
});

/** What there is to go by where it can't be known how a command ended. */
export const TraceView = z
  .object({
    asked_at: Instant.optional().describe('When the host last answered.'),
    lost_since: Instant.optional().describe('Since when it can not be asked.'),
    boot: z
      .object({ launched: z.string().optional(), now: z.string().optional() })
      .optional()
      .describe("The host's boot id at the launch, and when it last answered."),
    session: z.number().int().optional().describe('Whose processes live: `ps -s SESSION` there lists them.'),
    directory: z.string().optional().describe("The command's own directory on the host."),
    said: z.string().optional().describe('The last line that it wrote.'),
  })
  .meta({ id: 'Trace' });
export type TraceView = z.output<typeof TraceView>;

/** A step on one host. `running` until it ended. */
export const CellView = z
  .object({
    host: z.string(),
    outcome: OutcomeText.or(z.enum(['pending', 'running', 'retrying'])),
    generation: z.number().int(),
    rc: z.number().int().optional(),
    reason: z.string().optional(),
    place: z.string().optional().describe('`file:line` of the command that failed.'),
    evidence: z.string().optional(),
    session_lives: z
      .boolean()
      .optional()
      .describe('Of an unknown outcome: whether processes of the command live. Left out: not known.'),
    trace: TraceView.optional(),
    outputs: JsonRecord.optional(),
    started_at: Instant.optional(),
    ended_at: Instant.optional(),
    out_bytes: z.number().int().optional(),
    err_bytes: z.number().int().optional(),
    resolved_by: z
      .enum(['done', 'person', 'runbook'])
      .optional()
      .describe('Who settled what could not be known.'),
    decided: z.string().optional().describe('Why a person skipped or settled it.'),
    not_before: Instant.optional().describe('When a retry may start.'),
    looked_for: z
      .object({ since: Instant, until: Instant, why: z.string() })
      .optional()
      .describe('The host was lost after the command was started: how long it is looked for.'),
  })
  .meta({ id: 'Cell' });
export type CellView = z.output<typeof CellView>;

/** One step at one place of the walk, in the order in which they started. */
export const StepView = z
  .object({
    step: z.string(),
    title: z.string(),
    outcome: OutcomeText.or(z.literal('running')),
    started_at: Instant.optional(),
    ended_at: Instant.optional(),
    hosts: z.array(CellView),
    values: JsonRecord.optional(),
    choice: z.string().optional(),
    why: z.string().optional(),
    waits_until: Instant.optional(),
    undoes: z.string().optional().describe('The step that this one undoes.'),
    become: z.string().optional().describe('As which user it runs on hosts. Left out: as who logs in.'),
    sensitive: z.literal(true).optional().describe('Nothing of what it prints is kept.'),
  })
  .meta({ id: 'Step' });
export type StepView = z.output<typeof StepView>;

export const GateView = z
  .object({
    run: z.string(),
    step: z.string(),
    ask: z.string(),
    by: z.array(z.string()),
    count: z.number().int(),
    approvals: z.array(z.object({ actor: ActorView, at: Instant, reason: z.string() })),
    opened_at: Instant,
    expires: Instant,
    manual: z.boolean().optional().describe('To be done by hand and confirmed, rather than approved.'),
    shown: JsonValue,
    shown_digest: z
      .string()
      .describe('Send it as `shown` with an approval: then what you saw is what you approve.'),
  })
  .meta({ id: 'Gate' });
export type GateView = z.output<typeof GateView>;

export const HeldView = z
  .object({
    step: z.string(),
    hosts: z.array(z.string()),
    why: z.string(),
    offers: z.array(ActionKind),
    since: Instant,
  })
  .meta({ id: 'Held' });
export type HeldView = z.output<typeof HeldView>;

export const RunView = z
  .object({
    ...RunSummary.shape,
    plan: z.string(),
    inputs: JsonRecord,
    epoch: z.number().int(),
    steps: z.array(StepView),
    gates: z.array(GateView).describe('Open ones.'),
    held: z.array(HeldView).describe('What waits for a person because it failed or is unknown.'),
    undoable: z
      .array(z.object({ step: z.string(), hosts: z.array(z.string()) }))
      .describe(
        'What an abort with rollback would undo now, in that order. Empty once it rolls back, or has ended.',
      ),
    locks: z.array(z.string()).describe('Those it holds.'),
    queue: z
      .object({
        names: z.array(z.string()),
        held: z.array(z.object({ name: z.string(), run: z.string(), since: Instant })),
        ahead: z.array(z.string()),
      })
      .optional()
      .describe('While it waits for locks: which, who holds them, and who is before it.'),
    outputs: JsonRecord.optional(),
    report: z.array(z.string()).describe('Steps whose outputs are the report.'),
    seq: z.number().int().describe('The last entry this view was made from: follow the events after it.'),
  })
  .meta({ id: 'Run' });
export type RunView = z.output<typeof RunView>;

export const GateList = z.object({ gates: z.array(GateView) }).meta({ id: 'GateList' });
export type GateList = z.output<typeof GateList>;
