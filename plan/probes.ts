import type { Digest, HostName, RunId, StepInstance } from './ids.ts';
import type { JsonObject } from './json.ts';

/** What the workflow `probe` is started with: it asks hosts what can be known before a run, and changes nothing. */
export type ProbeInput = {
  /** Its workflow id, under which its answers are recorded. No run has such an id. */
  readonly probe: RunId;
  readonly plan: Digest;
  readonly limits: ProbeLimits;
};

/** Milliseconds. */
export type ProbeLimits = {
  /** For one question on one host, connecting included. A step that allows itself less has less. */
  readonly questionMs: number;
  /** For all of them. What there is no time for is not asked, and said to be unknown. */
  readonly allMs: number;
};

/** What is asked: the step itself, which only reads, or whether it is done already. */
export type Question = 'read' | 'done';

/** What would become of a step, as far as hosts can tell before the run. */
export type Prospect =
  /** It only reads, and was asked. */
  | 'answers'
  /** Its `done` holds. */
  | 'done'
  /** It would act. */
  | 'would_change'
  /** Its `when` does not hold. */
  | 'skipped'
  /** Names have these values. */
  | 'known'
  /** A requirement holds. */
  | 'met'
  /** The run would stop here: what is asked fails, or a requirement is not met. */
  | 'would_stop'
  /** Only the run will know. */
  | 'unknown';

/** The same prospect of one or more hosts at one place of the walk. No hosts: the step happens once. */
export type Expectation = {
  readonly step: StepInstance;
  readonly hosts: readonly HostName[];
  readonly what: Prospect;
  /** Why, in words; for `met` the requirement. */
  readonly says?: string;
  /** Of `unknown`, what of the step is not known; left out: what becomes of it. */
  readonly about?: string;
  /** It was asked as things are now; this step changes something before. */
  readonly behind?: StepInstance;
  readonly values?: JsonObject;
};

export type ProbeReport = {
  readonly expectations: readonly Expectation[];
  /** Questions put to hosts. */
  readonly asked: number;
  /** There was more than a report may hold. */
  readonly cut?: true;
};
