import type { Trace } from '../../plan/outcomes.ts';
import type { AsUser } from '../../plan/rounds.ts';
import type { Connected } from '../ssh/ssh.ts';
import type { Material, Place } from './attemptText.ts';
import type { Watched } from './watch.ts';

/** Every limit of following a job, in milliseconds. */
export const jobLimits = {
  /** A launch is waited for on its own channel this long; what runs on is followed in long polls. */
  attach: 250,
  /** One long poll on the host. Also how long a poll that nobody waits for any more goes on there. */
  poll: 15_000,
  /** Beyond what an exec is told to wait on the host. */
  reply: 20_000,
  /** From TERM to KILL, and from one KILL to the next. */
  grace: 10_000,
  again: 2_000,
  /** The longest wait between two launches of what has not begun yet. */
  relaunch: 4_000,
  /** A host that was lost after a launch is looked for this long. */
  reattach: 15 * 60_000,
} as const;

export type Clock = { now(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };

export type JobSpec = {
  readonly place: Place;
  readonly epoch: number;
  readonly job: string;
  /** As `attempt.started` has it, which is committed. */
  readonly recorded: { readonly boot: string | undefined };
  readonly older: readonly string[];
  /** This call has recorded the start, so no launch of another one is known. */
  readonly alone: boolean;
  readonly timeoutMs: number;
  /** What a launch needs. `resend` asks for all texts, as the host has lost some. Left out: never launch. */
  readonly material?: (resend: boolean) => Material;
  /** The other users whose processes a job of this kind may have: only they, or root, can signal those. Asked when it is stopped. */
  readonly users?: () => Promise<readonly AsUser[]>;
  /** How far each stream is stored. */
  readonly from: { readonly out: number; readonly err: number };
};

/** Since when a job's host has been lost, across calls, and why at last; 0 when it is not. */
export type Lost = { since: number; why?: string };

export type JobHooks = {
  connect(): Promise<Connected>;
  /** Bytes of a stream from an offset on, in order, at most once an exec. Resolves when stored; the next exec begins after that. */
  store(stream: 'out' | 'err', offset: number, bytes: Uint8Array): Promise<void>;
  /** Called once the host has answered: what is left is waiting. `wrote`: the texts of the launch are on the host now. */
  attached?(wrote: boolean): void;
  readonly clock: Clock;
  /** When to answer `running` though it runs on. Milliseconds since the epoch. */
  readonly until: number;
  /** Fires to let go of the job, which goes on. */
  readonly letGo: AbortSignal;
  /** Fires to stop the job. */
  readonly stop: AbortSignal;
  readonly lost: Lost;
  readonly watch?: (event: Watched) => Promise<void> | undefined;
};

/** What was seen of a job whose end can't be known. */
export type Sighting = {
  /** Undefined: not known, as the host can't be asked or has lost its trace. */
  readonly sessionLives?: boolean;
  readonly trace: Pick<Trace, 'askedAt' | 'lostSince' | 'boot' | 'session'>;
};

export type JobEnd =
  | {
      readonly kind: 'ended';
      readonly rc: number;
      readonly stopped?: 'timed_out' | 'cancelled';
      readonly unchanged: boolean;
      /** The script ended well, but its `done` did not hold in time; the end of what that said. */
      readonly undone?: string;
      /** sudo let nothing of it begin; the end of what it said to `done`, if that was it. */
      readonly refused?: string;
      readonly value: Uint8Array;
      readonly cut: { readonly out: boolean; readonly err: boolean };
      readonly bytes: { readonly out: number; readonly err: number };
    }
  | ({ readonly kind: 'unknown'; readonly evidence: string } & Sighting)
  /** Proven: nothing was started. */
  | { readonly kind: 'refused'; readonly why: string; readonly transient: boolean }
  | { readonly kind: 'never' }
  | { readonly kind: 'running' };
