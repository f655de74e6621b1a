import type { Decision, Seen } from './decide.ts';

/**
 * What one call tells of one job, at each point between two of its acts: what it has just learnt, or is about to do. It
 * goes on once the watcher has answered, so it can be held at any of them, or be killed there. Only tests watch: they hold
 * what is told against the model.
 */
export type Watched =
  /** It has not looked into the ledger yet. */
  | { readonly at: 'calls' }
  /** The ledger says that the attempt is over. */
  | { readonly at: 'ended'; readonly outcome: string; readonly rc?: number }
  /** `attempt.started` was there: with a boot id, or as one that was given up before it began. */
  | { readonly at: 'found'; readonly started: Started }
  /** None was there, and the host answers. */
  | { readonly at: 'begins'; readonly boot: string }
  /** None was there, and there will be no launch. */
  | { readonly at: 'gives up' }
  /** What stands as `attempt.started`, now that this call has recorded its own unless there was one. */
  | { readonly at: 'start stands'; readonly started: Started }
  /** An exec that looks, and that may start the job only if it `launches`. */
  | { readonly at: 'sends'; readonly launches: boolean }
  /** An exec that starts nothing: it takes `go` itself, unless somebody has. */
  | { readonly at: 'claims' }
  | { readonly at: 'answered'; readonly seen: Seen; readonly act: Decision['act']; readonly why: string }
  /** An exec's answer did not come. `sent`: it may have reached the host. */
  | { readonly at: 'lost'; readonly sent: boolean }
  | { readonly at: 'knows'; readonly end: string }
  /** What stands as `attempt.ended`. The activity has not answered yet. */
  | { readonly at: 'recorded'; readonly outcome: string; readonly rc?: number }
  /** The job runs on; somebody else will follow it. */
  | { readonly at: 'lets go' };

/** The host's boot id; `never`: nobody may launch this attempt any more. */
export type Started = { readonly boot: string } | 'never';
