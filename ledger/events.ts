import type { Digest, HostName, RunId, StepInstance } from '../plan/ids.ts';
import type { Json, JsonObject } from '../plan/json.ts';
import type { Actor, OperatorAction } from '../plan/operator.ts';
import type { HostResult, Outcome, RunStatus } from '../plan/outcomes.ts';
import type { Question } from '../plan/probes.ts';

/**
 * What happened: the closed union of kinds. `data` holds ids, digests and figures, never output.
 * Times that matter later (expiry, retry) are absolute milliseconds since the epoch.
 */
export type EventData = {
  'plan.compiled': { readonly plan: Digest; readonly runbook: string };
  /** What a host said when it was asked before a run. Its `run` is the probe's own id. */
  'probe.ended': {
    readonly step: StepInstance;
    readonly of: Question;
    readonly result: HostResult;
  };
  'run.requested': {
    readonly plan: Digest;
    readonly runbook: string;
    readonly inputs: JsonObject;
    readonly reason: string;
    readonly ticket?: string;
  };
  'run.started': { readonly plan: Digest };
  'run.continued': { readonly from: number };
  'run.held': {
    readonly step: StepInstance;
    readonly hosts: readonly HostName[];
    readonly why: string;
    readonly offers: readonly OperatorAction['kind'][];
  };
  'run.paused': { readonly before?: StepInstance };
  'run.resumed': Record<string, never>;
  /** The run goes back: `steps` will be undone, the last first. The first of those, and of the ones without a rollback, by name. */
  'rollback.started': {
    readonly why: string;
    readonly steps: number;
    readonly undoes: readonly StepInstance[];
    readonly leaves: readonly StepInstance[];
  };
  'run.ended': {
    readonly status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled' | 'rolled_back'>;
    readonly outputs?: JsonObject;
    readonly why?: string;
  };
  'lock.taken': { readonly names: readonly string[] };
  'lock.released': { readonly names: readonly string[] };
  'place.chosen': {
    readonly host: HostName;
    readonly directory: string;
    readonly token: string;
    readonly memory: boolean;
  };
  'step.started': {
    readonly step: StepInstance;
    readonly title: string;
    readonly hosts: readonly HostName[];
    /** The step that this one undoes, on its way back: then its own id is `undoes` and `/rollback`. */
    readonly undoes?: StepInstance;
    /** As which user it runs there; left out: as who logs in. Dots where that is another one on each host. */
    readonly become?: string;
    /** Nothing of what it prints is kept. */
    readonly sensitive?: true;
  };
  'attempt.started': {
    readonly step: StepInstance;
    readonly host: HostName;
    readonly generation: number;
    readonly job?: string;
    readonly boot?: string;
  };
  'attempt.ended': { readonly step: StepInstance; readonly result: HostResult };
  'generation.opened': {
    readonly step: StepInstance;
    readonly hosts: readonly HostName[];
    readonly generation: number;
    readonly by: 'retry' | 'person';
    readonly notBefore: number;
  };
  'unknown.resolved': {
    readonly step: StepInstance;
    readonly host: HostName;
    readonly generation: number;
    readonly outcome: Outcome;
    readonly by: 'done' | 'person' | 'runbook';
  };
  'value.set': { readonly step: StepInstance; readonly values: JsonObject; readonly choice?: string };
  'gate.opened': {
    readonly step: StepInstance;
    readonly ask: string;
    readonly by: readonly string[];
    readonly count: number;
    readonly expires: number;
    readonly shown: Json;
    readonly shownDigest: string;
    readonly round: number;
    /** Not a question but something to be done by hand: `ask` says what, and it is confirmed rather than approved. */
    readonly manual?: true;
  };
  'wait.started': { readonly step: StepInstance; readonly until: number };
  'step.ended': {
    readonly step: StepInstance;
    readonly outcome: Outcome;
    readonly hosts: { readonly [host: string]: Outcome };
    readonly why?: string;
  };
  'operator.asked': {
    readonly ask: string;
    readonly action: OperatorAction;
    readonly reason: string;
    readonly expires: number;
  };
  /** `point` names the gate or the hold that it answered: a run that is walked again finds its answers there. */
  'operator.applied': {
    readonly ask: string;
    readonly says: string;
    readonly action: OperatorAction;
    readonly reason?: string;
    readonly point?: string;
  };
  'operator.refused': { readonly ask: string; readonly why: string };
  'operator.expired': { readonly ask: string };
};

export type EventKind = keyof EventData;

/** An entry that somebody wants recorded. `key` makes a second write the first one: it is made of workflow state only. */
export type PendingEntry = {
  [K in EventKind]: {
    readonly key: string;
    readonly run: RunId;
    readonly epoch: number;
    readonly actor: Actor;
    readonly kind: K;
    readonly data: EventData[K];
  };
}[EventKind];

/** An entry as it stands: gap-free `seq` in order of commit, `at` in milliseconds since the epoch by the store's clock. */
export type Entry = PendingEntry & { readonly seq: number; readonly at: number };
export type EntryOf<K extends EventKind> = Extract<Entry, { kind: K }>;
