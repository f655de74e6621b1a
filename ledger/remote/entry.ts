import { z } from 'zod';
import { digest, hostName, runId, stepInstance } from '../../plan/ids.ts';
import type { Json } from '../../plan/json.ts';
import type { Actor, OperatorAction } from '../../plan/operator.ts';
import type { HostResult, Trace } from '../../plan/outcomes.ts';
import type { Entry, EventData, EventKind, PendingEntry } from '../events.ts';

/**
 * Entries as they come in from another machine. The record can't be corrected afterwards, so each kind is held against its
 * own form, and a field that this version does not know is refused rather than dropped: the worker is then the newer one.
 */

const Text = z.string();
const Run = Text.min(1).max(200).transform(runId);
const Step = Text.transform(stepInstance);
const Host = Text.transform(hostName);
const Sha256 = Text.transform(digest);
const Whole = z.number().int();
const AnyJson: z.ZodType<Json> = z.json();
const JsonObject = z.record(Text, AnyJson);
const perhaps = z.exactOptional;

const OutcomeOf = z.enum([
  'succeeded',
  'unchanged',
  'skipped',
  'failed',
  'timed_out',
  'unreachable',
  'unknown',
  'cancelled',
  'rolled_back',
]);

const StreamEndOf = z.strictObject({ bytes: Whole, sha256: Sha256, truncated: perhaps(z.boolean()) });

const TraceOf: z.ZodType<Trace> = z.strictObject({
  askedAt: perhaps(z.number()),
  lostSince: perhaps(z.number()),
  boot: perhaps(z.strictObject({ launched: perhaps(Text), now: perhaps(Text) })),
  session: perhaps(Whole),
  directory: perhaps(Text),
  said: perhaps(Text),
});

export const ResultOf = z.strictObject({
  host: Host,
  generation: Whole,
  outcome: OutcomeOf,
  rc: perhaps(z.number()),
  reason: perhaps(Text),
  place: perhaps(Text),
  outputs: perhaps(JsonObject),
  stored: perhaps(z.record(Text, z.strictObject({ sha256: Sha256, bytes: Whole }))),
  out: perhaps(StreamEndOf),
  err: perhaps(StreamEndOf),
  transient: perhaps(z.boolean()),
  evidence: perhaps(Text),
  sessionLives: perhaps(z.boolean()),
  trace: perhaps(TraceOf),
  startedAt: perhaps(z.number()),
  endedAt: perhaps(z.number()),
}) satisfies z.ZodType<HostResult>;

const step = perhaps(Step);
export const ActionOf = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('approve'), step, shown: perhaps(Text) }),
  z.strictObject({ kind: z.literal('reject'), step }),
  z.strictObject({ kind: z.literal('confirm'), step }),
  z.strictObject({ kind: z.literal('pause') }),
  z.strictObject({ kind: z.literal('resume') }),
  z.strictObject({ kind: z.literal('retry'), step, hosts: perhaps(z.array(Host)) }),
  z.strictObject({
    kind: z.literal('skip'),
    step,
    hosts: perhaps(z.array(Host)),
    outputs: perhaps(JsonObject),
  }),
  z.strictObject({
    kind: z.literal('resolve'),
    step,
    host: Host,
    as: z.enum(['succeeded', 'failed', 'run_again']),
    outputs: perhaps(JsonObject),
  }),
  z.strictObject({ kind: z.literal('abort'), rollback: z.boolean() }),
]) satisfies z.ZodType<OperatorAction>;

const ActorOf: z.ZodType<Actor> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('person'), subject: Text, issuer: Text }),
  z.strictObject({ kind: z.literal('token'), name: Text }),
  z.strictObject({ kind: z.literal('schedule'), name: Text }),
  z.strictObject({ kind: z.literal('engine') }),
]);

const Names = z.strictObject({ names: z.array(Text) });
const ActionKindOf = z.enum([
  'approve',
  'reject',
  'confirm',
  'pause',
  'resume',
  'retry',
  'skip',
  'resolve',
  'abort',
]);

/** The form of each kind's data. A kind that is missing here does not compile, nor does one whose form has changed. */
export const DATA = {
  'plan.compiled': z.strictObject({ plan: Sha256, runbook: Text }),
  'run.requested': z.strictObject({
    plan: Sha256,
    runbook: Text,
    inputs: JsonObject,
    reason: Text,
    ticket: perhaps(Text),
  }),
  'run.started': z.strictObject({ plan: Sha256 }),
  'run.continued': z.strictObject({ from: Whole }),
  'run.held': z.strictObject({
    step: Step,
    hosts: z.array(Host),
    why: Text,
    offers: z.array(ActionKindOf),
  }),
  'run.paused': z.strictObject({ before: perhaps(Step) }),
  'run.resumed': z.strictObject({}),
  'run.ended': z.strictObject({
    status: z.enum(['succeeded', 'failed', 'cancelled', 'rolled_back']),
    outputs: perhaps(JsonObject),
    why: perhaps(Text),
  }),
  'lock.taken': Names,
  'lock.released': Names,
  'place.chosen': z.strictObject({ host: Host, directory: Text, token: Text, memory: z.boolean() }),
  'rollback.started': z.strictObject({
    why: Text,
    steps: Whole,
    undoes: z.array(Step),
    leaves: z.array(Step),
  }),
  'step.started': z.strictObject({
    step: Step,
    title: Text,
    hosts: z.array(Host),
    undoes: step,
    become: perhaps(Text),
    sensitive: perhaps(z.literal(true)),
  }),
  'attempt.started': z.strictObject({
    step: Step,
    host: Host,
    generation: Whole,
    job: perhaps(Text),
    boot: perhaps(Text),
  }),
  'probe.ended': z.strictObject({ step: Step, of: z.enum(['read', 'done']), result: ResultOf }),
  'attempt.ended': z.strictObject({ step: Step, result: ResultOf }),
  'generation.opened': z.strictObject({
    step: Step,
    hosts: z.array(Host),
    generation: Whole,
    by: z.enum(['retry', 'person']),
    notBefore: z.number(),
  }),
  'unknown.resolved': z.strictObject({
    step: Step,
    host: Host,
    generation: Whole,
    outcome: OutcomeOf,
    by: z.enum(['done', 'person', 'runbook']),
  }),
  'value.set': z.strictObject({ step: Step, values: JsonObject, choice: perhaps(Text) }),
  'gate.opened': z.strictObject({
    step: Step,
    ask: Text,
    by: z.array(Text),
    count: Whole,
    expires: z.number(),
    shown: AnyJson,
    shownDigest: Text,
    round: Whole,
    manual: perhaps(z.literal(true)),
  }),
  'wait.started': z.strictObject({ step: Step, until: z.number() }),
  'step.ended': z.strictObject({
    step: Step,
    outcome: OutcomeOf,
    hosts: z.record(Text, OutcomeOf),
    why: perhaps(Text),
  }),
  'operator.asked': z.strictObject({ ask: Text, action: ActionOf, reason: Text, expires: z.number() }),
  'operator.applied': z.strictObject({
    ask: Text,
    says: Text,
    action: ActionOf,
    reason: perhaps(Text),
    point: perhaps(Text),
  }),
  'operator.refused': z.strictObject({ ask: Text, why: Text }),
  'operator.expired': z.strictObject({ ask: Text }),
} satisfies { readonly [K in EventKind]: z.ZodType<EventData[K]> };

export const EventKindOf = z.enum(Object.keys(DATA) as readonly EventKind[]);

const Envelope = z.strictObject({
  key: Text.min(1).max(2_000),
  run: Run,
  epoch: Whole.min(0),
  actor: ActorOf,
  kind: EventKindOf,
  data: z.unknown(),
});

/** Holds `data` against the form of its kind: a union of all forms would complain of every one of them. */
function inForm<T extends z.output<typeof Envelope>>(entry: T, context: z.RefinementCtx): T {
  const found = DATA[entry.kind].safeParse(entry.data);
  if (found.success) return { ...entry, data: found.data };
  for (const { message, path } of found.error.issues) {
    context.addIssue({ code: 'custom', message, path: ['data', ...path] });
  }
  return z.NEVER;
}

export const PendingEntryOf = Envelope.transform((entry, context) => inForm(entry, context) as PendingEntry);
export const EntryOf = Envelope.extend({ seq: Whole.min(1), at: z.number() }).transform(
  (entry, context) => inForm(entry, context) as Entry,
);
