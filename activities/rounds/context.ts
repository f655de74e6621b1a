import type { WorkerLedger } from '../../ledger/ledger.ts';
import type { Digest } from '../../plan/ids.ts';
import type { Plan, SecretReference } from '../../plan/plan.ts';
import type { LookedFor } from '../../plan/rounds.ts';
import type { performRequest } from '../http/performRequest.ts';
import type { Clock } from '../jobs/jobSpec.ts';
import type { Watched } from '../jobs/watch.ts';
import type { SshPool } from '../ssh/ssh.ts';
import type { WatchedJob } from './watching.ts';

/** All that rounds need of the world. */
export type RoundsParts = {
  readonly ledger: Pick<WorkerLedger, 'append' | 'find' | 'read' | 'putBlob' | 'filePart' | 'logs'>;
  readonly pool: Pick<SshPool, 'connect'>;
  /** Undefined where the store that this worker uses doesn't have it. Asked once for each digest. */
  planOf(digest: Digest): Promise<Plan | undefined>;
  textOf(digest: Digest): Promise<string | undefined>;
  readonly request: typeof performRequest;
  readonly clock: Clock;
  /** The activity that is being executed. */
  call(): Call;
  /** Finds secrets, and masks those that it has found. Left out: there are none. */
  readonly secrets?: {
    find(reference: SecretReference): Promise<FoundSecret>;
    readonly masking: Redaction;
  };
  /** Is told each step that is taken for a job, and answers when it may go on. Left out: nobody watches. */
  readonly watch?: (job: WatchedJob, event: Watched) => Promise<void>;
  /** Hosts that are being connected and launched on at once. Those that only run on don't count. Default 64. */
  readonly launchesAtOnce?: number;
  /** Hosts that are asked for plans at once. Default 32. */
  readonly questionsAtOnce?: number;
};

/** What an activity is told while it runs. */
export type Call = {
  /** Fires when the work is to be stopped: somebody asked for it. */
  readonly stop: AbortSignal;
  /** Fires when this worker is to let go, for any other reason; jobs go on and others follow them. */
  readonly letGo: AbortSignal;
  /** What each sign of life tells; asked anew each time. Where there are none, as in a short call, nobody asks. */
  tells?(of: () => readonly LookedFor[]): void;
  /** The worker is stopping. */
  stopping(): boolean;
  /** Ends heartbeats. */
  done(): void;
};

/** A sentence about a secret never has the secret in it. */
export type FoundSecret =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly says: string; readonly transient?: true };

/** Masks secrets, each byte of one by one byte: offsets of the output stay what they are. */
export type Redaction = {
  text(text: string): string;
  /** For one stream: what is given back may lag behind by what could be the beginning of a secret. */
  stream(): { push(bytes: Uint8Array): Uint8Array; end(): Uint8Array };
};

export const noRedaction: Redaction = {
  text: (text) => text,
  stream: () => ({ push: (bytes) => bytes, end: () => new Uint8Array() }),
};
