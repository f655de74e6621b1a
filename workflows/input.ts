import type { Digest, RunId } from '../plan/ids.ts';

/** What the workflow `run` is started with. Its workflow id is the run's id. */
export type RunInput = {
  readonly run: RunId;
  readonly plan: Digest;
  /** 1 at first; each resume from the ledger raises it, and fences the older one off. Continued as new it is the same. */
  readonly epoch: number;
  /** How often it was continued as new in this epoch. */
  readonly continued?: number;
  /** Events of history after which it is continued as new; `CONTINUE_AFTER.events` unless said. */
  readonly continueAfter?: number;
  readonly requestedBy: string;
  readonly reason: string;
  /**
   * `one_owner`: an installation with one person, whose answer suffices at every gate and is recorded as that.
   * `shared`: `by`, `count` and the exclusion of the requester bind.
   */
  readonly identity: 'one_owner' | 'shared';
};
