import type { Digest, HostName, RunId, StepInstance } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { HostResult } from './outcomes.ts';
import type { Effect, HttpRequest, OutputSpec, Script } from './plan.ts';
import type { Question } from './probes.ts';

/**
 * A round: one step, one zone, up to N hosts, one activity call. Everything that depends on the run's state has been
 * evaluated; what is the same for all hosts stands once. The activity commits `attempt.started` before it launches
 * and `attempt.ended` before it answers, and its answer is the ledger's.
 */
export type RoundRequest = {
  readonly run: RunId;
  readonly epoch: number;
  /** Where host addresses and scripts are found: the plan's digest in the store. */
  readonly plan: Digest;
  readonly step: StepInstance;
  readonly zone: string;
  readonly effect: Effect;
  readonly work: RoundWork;
  /** Environment that is the same on all hosts. */
  readonly env: { readonly [name: string]: string };
  readonly tasks: readonly HostTask[];
  readonly outputs: { readonly [name: string]: OutputSpec };
  readonly sensitive: boolean;
  /**
   * Asked for a plan, and not in a run: an `exec`, or a request that only reads. Its end is recorded as `probe.ended`; what it
   * prints is not kept.
   */
  readonly probe?: Question;
  /** Limit for the work on one host, from its start. */
  readonly timeoutMs: number;
};

export type RoundWork =
  /** A job on the host: `done` (if any) before, the script, `done` after (polled), in one job. */
  | {
      readonly kind: 'job';
      readonly script: Script;
      readonly done?: { readonly script: Script; readonly everyMs: number; readonly withinMs: number };
      /** The script does nothing: `done` is waited for. */
      readonly waits?: true;
    }
  /** A plain exec with the script on stdin: no job, no file on the host. Settles an unknown, or probes for a plan. */
  | { readonly kind: 'exec'; readonly script: Script }
  /** What is copied stands in the plan, under this step of this unit. */
  | { readonly kind: 'copy'; readonly unit: string; readonly id: string }
  | {
      readonly kind: 'http';
      readonly via?: 'host';
      readonly expect: HttpRequest['expect'];
      readonly done?: { readonly holds: string; readonly everyMs: number; readonly withinMs: number };
    };

/** By sudo. `password` is a secret, or its marker; left out: sudo must not ask for one. */
export type AsUser = { readonly user: string; readonly password?: string };

export type HostTask = {
  readonly host: HostName;
  /** Grows only when the step's own retry, or a person, asks for the command again. */
  readonly generation: number;
  /** This host's part of the environment. */
  readonly env: { readonly [name: string]: string };
  /** As whom the script runs, or what is copied is written. Left out: the login user. */
  readonly become?: AsUser;
  /** As whom `done` is asked. */
  readonly doneBecome?: AsUser;
  /** For `copy`: where it goes, and where it comes from where that is a host. */
  readonly copy?: {
    readonly to: string;
    readonly owner?: string;
    readonly from?: { readonly host: HostName; readonly path: string; readonly become?: AsUser };
  };
  /** For `http`: the requests, with every value in place. */
  readonly request?: ResolvedRequest;
  readonly doneRequest?: ResolvedRequest;
  /** For `http`: names in scope of `outputs.from`, `expect.body`, `done.holds`; encoded values. */
  readonly scope?: JsonObject;
};

export type ResolvedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /** `json` is its text, written where integers are still exact. */
  readonly body?:
    | { readonly json: string }
    | { readonly form: { readonly [name: string]: string } }
    | { readonly text: string };
};

/** What one activity call answers: some hosts may be running on; a follower asks for those again. */
export type RoundAnswer = {
  readonly settled: readonly HostResult[];
  readonly running: readonly HostName[];
  /** The worker is stopping: the workflow yields before it starts anything else. */
  readonly stopping?: true;
};

/**
 * What a round tells, while it goes on, of a host that can't be asked what became of its command. It is looked for until
 * `until`; then the outcome is unknown. Milliseconds since the epoch.
 */
export type LookedFor = {
  readonly step: StepInstance;
  readonly host: HostName;
  readonly since: number;
  readonly until: number;
  readonly why: string;
};
