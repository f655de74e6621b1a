import type { WorkerLedger } from '../../ledger/ledger.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { Digest, RunId } from '../../plan/ids.ts';
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
  /** Left out: there are none. */
  readonly secrets?: (run: RunId) => SecretsOfRun;
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

/** The secrets that one run uses, and the outputs that it seals. */
export type SecretsOfRun = {
  /** Throws nothing but the store's own faults: what can't be found is a sentence, in which no secret stands. */
  find(reference: SecretReference): Promise<FoundSecret>;
  /** Opens all that the run has sealed, on whichever worker, so that it is masked from then on. */
  openAll(): Promise<void>;
  /** Why nothing can be sealed here, in a sentence; undefined where it can. */
  cannotSeal(): Promise<string | undefined>;
  /** Keeps a text so that only a worker with the key can read it, and answers the reference that finds it. Masked from now on. */
  seal(text: string): Promise<SecretReference>;
  /** Masks a text that is known now, and is not kept. */
  mask(text: string): void;
  /** Masks all that was found, opened, sealed or named here; what is found later is masked from then on. */
  readonly masking: Redaction;
};

const NONE = 'This worker finds no secrets.';

export const noSecrets: SecretsOfRun = {
  find: async () => ({ ok: false, says: NONE }),
  openAll: async () => {},
  cannotSeal: async () => NONE,
  seal: async () => {
    throw new HoldfastError('secrets/no-key', NONE, 'Start the worker with its secrets.');
  },
  mask: () => {},
  get masking() {
    return noRedaction;
  },
};

const noRedaction: Redaction = {
  text: (text) => text,
  stream: () => ({ push: (bytes) => bytes, end: () => new Uint8Array() }),
};
