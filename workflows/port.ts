import type { Entry, PendingEntry } from '../ledger/events.ts';
import type { Digest, HostName, RunId } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { HostResult } from '../plan/outcomes.ts';
import type { Expr, Plan } from '../plan/plan.ts';
import type { RoundAnswer, RoundRequest } from '../plan/rounds.ts';
import type { Past, PastPage } from './past.ts';

/**
 * All that the interpreter knows of the world. Temporal stands behind it in a run, mocks and a clock of their own in
 * the tests of runbooks. Everything it answers is the same again when the walk is repeated: that is what makes a
 * walk replayable by Temporal, and resumable from the ledger alone.
 */
export type Port = {
  /** Milliseconds since the epoch, as the run sees it. */
  now(): number;
  /** Returns early when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Commits and answers what is stored: the entry of the first time, if its key was written before. */
  record(entry: PendingEntry): Promise<Entry>;
  /** Commits before anything that comes after it, in one transaction with it where that is possible. */
  note(entry: PendingEntry): void;
  /** Commits what was noted, now: before a long wait, so that who looks sees it. */
  flush(): Promise<void>;
  /** Before each step: long walks are broken here, and long histories begun anew. Resolves never where the run goes on elsewhere. */
  rest(): Promise<void>;
  /** What earlier executions of the run did, where this one walks over it again. */
  readonly past?: Past;
  /**
   * Resolves when the walk has come as far as it ever was. What a worker did that was killed since is walked over again
   * by the next one; until it is through, the walk is behind the record, and behind what a person has seen.
   */
  caughtUp(): Promise<void>;
  /**
   * Returns when every host has settled. When the signal fires the jobs are asked to stop, and it returns once that is
   * known too. `alone`: nothing else of the run goes on beside it, so that it may be started the short way.
   */
  round(
    request: RoundRequest,
    options: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<readonly HostResult[]>;
  /** Waits its turn for all of them at once. Returns early, without them, when the signal fires. */
  takeLocks(names: readonly string[], signal: AbortSignal): Promise<void>;
  releaseLocks(): Promise<void>;
  /** Removes what the run keeps on the hosts of these zones, where they can be reached. After its end is recorded. */
  closeRun(zones: readonly string[]): Promise<void>;
  /** Texts kept in the store, in the order asked. */
  texts(digests: readonly Digest[]): Promise<readonly string[]>;
  /** SHA-256 over the RFC 8785 form. */
  digest(json: Json): Promise<Digest>;
  /** Told of each condition that is evaluated, where somebody wants to know which were: tests of runbooks do. */
  readonly saw?: (condition: Expr, held: boolean) => void;
};

/** The activities behind the port, as a worker registers them. */
export type Activities = {
  /** As a local activity: takes at most two seconds, and answers `running` for what is not done by then. `first` is committed before. */
  startRoundLocal(request: RoundRequest, first: readonly PendingEntry[]): Promise<RoundAnswer>;
  startRound(request: RoundRequest, first: readonly PendingEntry[]): Promise<RoundAnswer>;
  /** On the follower queue: attaches to jobs that were started, for as long as they run. */
  followRound(request: RoundRequest): Promise<RoundAnswer>;
  /** Asks for a plan: what only reads, without a job, as `probe.ended`. `running`: this worker stopped before they had answered. */
  askHosts(request: RoundRequest): Promise<RoundAnswer>;
  /** Stops the jobs and answers once that is known. */
  cancelRound(request: RoundRequest): Promise<RoundAnswer>;
  /** Answers the last of them as it is stored; the others would only take room in history. */
  record(entries: readonly PendingEntry[]): Promise<Entry>;
  /** What a run did until now, in the order of the record, from after this `seq`: a page at a time. */
  recall(run: RunId, after: number): Promise<PastPage>;
  loadPlan(plan: Digest): Promise<Plan>;
  loadTexts(digests: readonly Digest[]): Promise<readonly string[]>;
  digest(json: Json): Promise<Digest>;
  /** Heartbeats while it waits its turn. */
  acquireLocks(request: {
    readonly run: RunId;
    readonly epoch: number;
    readonly names: readonly string[];
  }): Promise<void>;
  releaseLocks(request: { readonly run: RunId; readonly epoch: number }): Promise<void>;
  /** On the zone's queue: removes the directories of a run that has ended; answers which hosts may still have one. */
  closeRun(request: {
    readonly run: RunId;
    readonly epoch: number;
    readonly plan: Digest;
    readonly zone: string;
  }): Promise<{ readonly left: readonly HostName[] }>;
};
