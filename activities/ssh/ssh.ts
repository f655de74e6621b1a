import type { Duplex, Readable } from 'node:stream';
import type { PlanHost } from '../../plan/plan.ts';

/** Where to connect: what a plan says of a host. */
export type Target = Pick<PlanHost, 'name' | 'address' | 'port' | 'user' | 'ssh'>;

/** Connections to hosts, one per host and user, shared by everything in this process that talks to hosts. */
export type SshPool = {
  /** An open, verified connection, or why there is none. Never throws for what a network or a host may do. */
  connect(target: Target, signal?: AbortSignal): Promise<Connected>;
  close(): Promise<void>;
};

export type Connected<Connection extends SshConnection = SshConnection> =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly failure: SshFailure };

/** `sent` is whether anything of the command can have reached the host. A sentence and the next step in `says`. */
export type SshFailure = {
  readonly kind:
    | 'refused'
    | 'timed_out'
    | 'unresolved'
    | 'lost'
    | 'host_key_unknown'
    | 'host_key_changed'
    | 'auth_refused'
    | 'no_channel'
    | 'cancelled';
  /** Whether trying again can help without a person: never for keys and authentication. */
  readonly transient: boolean;
  readonly says: string;
};

export type ExecOptions = {
  /** A stream is read at the pace of the host. Where it fails, so does the command: its exit status is not waited for. */
  readonly stdin?: string | Uint8Array | { readonly first: string; readonly rest: Readable };
  /** Called with each piece as it comes; left out: gathered up to `maxBytes` and answered. */
  readonly onOut?: (bytes: Uint8Array) => void;
  readonly onErr?: (bytes: Uint8Array) => void;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

/**
 * `ended: false` says the exit status never arrived: `sent` tells whether the command may have been started.
 */
export type ExecResult =
  | {
      readonly ended: true;
      readonly code: number;
      readonly signal?: string;
      readonly out: Uint8Array;
      readonly err: Uint8Array;
      /** More came than `maxBytes` of one stream: the rest was read and dropped. Never set without saying so. */
      readonly cut?: true;
    }
  | {
      readonly ended: false;
      readonly sent: boolean;
      readonly failure: SshFailure;
      readonly out: Uint8Array;
      readonly err: Uint8Array;
      readonly cut?: true;
    };

export type Forwarded =
  | { readonly ok: true; readonly stream: Duplex }
  | { readonly ok: false; readonly failure: SshFailure };

/** A command's output as it comes. `ended` is its exit status, once all of it was read; undefined where none came. */
export type Streamed =
  | {
      readonly ok: true;
      readonly out: Readable;
      readonly ended: Promise<number | undefined>;
      readonly close: () => void;
    }
  | { readonly ok: false; readonly failure: SshFailure };

export type SshConnection = {
  /** `etcd00 (root@10.0.0.1:22)`: how sentences name this host. */
  readonly label: string;
  /** What the host showed and was found right: type and fingerprint, as `ssh-ed25519 SHA256:…`. */
  readonly hostKey?: string;
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /**
   * Runs a script text in an `sh` whose channel stays open between calls (one fork less for each). Same promises as `exec`;
   * one at a time per shell, as many shells as are in use; a shell that fails is replaced.
   */
  script(text: string, options?: Omit<ExecOptions, 'stdin'>): Promise<ExecResult>;
  /** A command whose output is read at the reader's pace: for what is too large to gather. Who has it must close it. */
  stream(command: string, options?: Pick<ExecOptions, 'stdin' | 'onErr' | 'signal'>): Promise<Streamed>;
  /** A TCP stream from the host's side to an address it can reach. */
  forward(address: string, port: number, signal?: AbortSignal): Promise<Forwarded>;
};
