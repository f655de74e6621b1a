import type { HostName, StepInstance } from './ids.ts';
import type { Json, JsonObject } from './json.ts';

/** What a person may ask of a run. It reaches the workflow as a Temporal Update whose id is `ask`. */
export type OperatorAction =
  | { readonly kind: 'approve'; readonly step?: StepInstance; readonly shown?: string }
  | { readonly kind: 'reject'; readonly step?: StepInstance }
  /** What was to be done by hand is done. */
  | { readonly kind: 'confirm'; readonly step?: StepInstance }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** A held step again: on all of its hosts that failed, or on those named. */
  | { readonly kind: 'retry'; readonly step?: StepInstance; readonly hosts?: readonly HostName[] }
  /** Go on without it. `outputs` stand in for what later steps need of it. */
  | {
      readonly kind: 'skip';
      readonly step?: StepInstance;
      readonly hosts?: readonly HostName[];
      readonly outputs?: JsonObject;
    }
  /** A person's word on an outcome that could not be known. */
  | {
      readonly kind: 'resolve';
      readonly step?: StepInstance;
      readonly host: HostName;
      readonly as: 'succeeded' | 'failed' | 'run_again';
      readonly outputs?: JsonObject;
    }
  | { readonly kind: 'abort'; readonly rollback: boolean };

export type Actor =
  | { readonly kind: 'person'; readonly subject: string; readonly issuer: string }
  | { readonly kind: 'token'; readonly name: string }
  | { readonly kind: 'schedule'; readonly name: string }
  | { readonly kind: 'engine' };

export type OperatorAsk = {
  /** Idempotency key and Update id. */
  readonly ask: string;
  readonly actor: Actor;
  readonly reason: string;
  readonly action: OperatorAction;
};

/** The workflow's own answer. */
export type OperatorAnswer =
  | { readonly taken: true; readonly says: string; readonly data?: Json }
  | { readonly taken: false; readonly why: string; readonly mend: string };
