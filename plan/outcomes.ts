import type { Digest, HostName } from './ids.ts';
import type { JsonObject } from './json.ts';

/** How a step ended on one host. Data, never an exception. */
export type Outcome =
  | 'succeeded'
  /** Its `done` held before anything was started. */
  | 'unchanged'
  /** Its `when` was false, or a person said so. */
  | 'skipped'
  | 'failed'
  | 'timed_out'
  /** Proven: no launch was sent in any attempt. */
  | 'unreachable'
  /** Whether it ran to its end cannot be known from here. */
  | 'unknown'
  | 'cancelled'
  | 'rolled_back';

export type RunStatus =
  | 'requested'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'held'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'rolled_back'
  /** Temporal closed it without an end in the ledger. */
  | 'interrupted';

/** How a step ended on a host, as it stands in the ledger and in history: never the output itself. */
export type HostResult = {
  readonly host: HostName;
  readonly generation: number;
  readonly outcome: Outcome;
  /** The script's exit status, or the HTTP status. */
  readonly rc?: number;
  /** One sentence: a failed script's last line on stderr, or why it is unreachable or unknown. */
  readonly reason?: string;
  /** `file:line` of the command that failed, where the shell told. */
  readonly place?: string;
  /** Declared outputs that fit in history (1 KiB each), decoded to their types and encoded again. */
  readonly outputs?: JsonObject;
  /** Larger ones, by name: kept in the store as a blob. */
  readonly stored?: { readonly [name: string]: { readonly sha256: Digest; readonly bytes: number } };
  readonly out?: StreamEnd;
  readonly err?: StreamEnd;
  /** True where it says of itself that trying again may help: exit 75, HTTP 429/502/503/504, unreachable. */
  readonly transient?: boolean;
  /** For `unknown`: what was seen that led to it. */
  readonly evidence?: string;
  /** Whether processes of the job's session still live. Left out where that is not known: the host can't be asked, or has lost its trace. */
  readonly sessionLives?: boolean;
  readonly trace?: Trace;
  /** Milliseconds since the epoch, by the worker's clock. */
  readonly startedAt?: number;
  readonly endedAt?: number;
};

export type StreamEnd = { readonly bytes: number; readonly sha256: Digest; readonly truncated?: boolean };

/** What there is to go by where it can't be known how a command ended. Times in milliseconds since the epoch, by the worker's clock. */
export type Trace = {
  /** When the host last answered. Left out: not since the launch. */
  readonly askedAt?: number;
  /** Since when it can't be asked. */
  readonly lostSince?: number;
  /** The host's boot id at the launch and when it last answered. Another one: it was rebooted in between. */
  readonly boot?: { readonly launched?: string; readonly now?: string };
  /** The session whose processes live: `ps -s SESSION` on the host lists them. */
  readonly session?: number;
  /** The command's own directory on the host. */
  readonly directory?: string;
  /** The last line that it wrote. */
  readonly said?: string;
};
