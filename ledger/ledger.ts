import type { Digest, HostName, RunId, StepInstance } from '../plan/ids.ts';
import type { OperatorAnswer, OperatorAsk } from '../plan/operator.ts';
import type { CompiledPlan } from '../plan/plan.ts';
import type { Entry, EventKind, PendingEntry } from './events.ts';

/**
 * The record, as workers and server use it. Every method is one transaction. Dialects behind it: SQLite first.
 * Throws `HoldfastError` `ledger/stale-epoch` when an entry's epoch is older than its run's.
 */
export type Ledger = {
  /** Commits all or none; answers what is stored, in the order given: a key written before gives the entry of then. */
  append(entries: readonly PendingEntry[]): Promise<readonly Entry[]>;
  find(keys: readonly string[]): Promise<ReadonlyMap<string, Entry>>;
  /** In order of `seq`, those after `after`, at most `limit`. */
  read(filter: {
    readonly run?: RunId;
    readonly kinds?: readonly EventKind[];
    readonly after?: number;
    readonly limit?: number;
  }): Promise<readonly Entry[]>;
  /** Resolves when there may be entries after `after`, or the signal fires. Woken by this process's appends, polls for others'. */
  changed(after: number, signal: AbortSignal): Promise<void>;

  putBlob(text: string): Promise<Digest>;
  blob(digest: Digest): Promise<string | undefined>;
  /** Keeps the plan, its texts and its files. Throws `ledger/file-changed` where a file is another one by now. */
  putPlan(compiled: CompiledPlan): Promise<void>;
  plan(digest: Digest): Promise<CompiledPlan['plan'] | undefined>;
  /** A part of a file that a plan names: at most `limit` bytes from `offset` on, none at its end. Throws `ledger/no-file`. */
  filePart(sha256: Digest, offset: number, limit: number): Promise<Uint8Array>;

  /** All or none, in one transaction, with `lock.taken`. Re-entrant for the same run. In order of arrival. */
  takeLocks(request: {
    readonly run: RunId;
    readonly epoch: number;
    readonly names: readonly string[];
  }): Promise<LockAnswer>;
  releaseLocks(request: { readonly run: RunId; readonly epoch: number }): Promise<void>;
  locks(): Promise<readonly HeldLock[]>;

  /** The outbox of what people asked: kept until answered. */
  ask(run: RunId, ask: OperatorAsk, expires: number): Promise<void>;
  answered(ask: string, answer: OperatorAnswer): Promise<void>;
  /** What the workflow has not answered yet: also what the record says it has taken. */
  openAsks(): Promise<readonly (OperatorAsk & { readonly run: RunId; readonly expires: number })[]>;
  answer(ask: string): Promise<OperatorAnswer | undefined>;

  logs: LogStore;
  sealed: SealedStore;
  close(): Promise<void>;
};

/**
 * What a worker needs of the record. Two are behind it: the file itself (`openLedger`), and on another machine the server's
 * API (`remote/httpLedger.ts`). Every call may be made again after it failed: nothing is written twice.
 */
export type WorkerLedger = Pick<
  Ledger,
  | 'append'
  | 'find'
  | 'read'
  | 'putBlob'
  | 'blob'
  | 'plan'
  | 'filePart'
  | 'takeLocks'
  | 'releaseLocks'
  | 'close'
> & { readonly logs: WorkerLogs; readonly sealed: WorkerSealed };

export type LockAnswer =
  | { readonly taken: true }
  | { readonly taken: false; readonly held: readonly HeldLock[]; readonly ahead: readonly RunId[] };
export type HeldLock = { readonly name: string; readonly run: RunId; readonly since: number };

/** One stream of one attempt. */
export type LogKey = {
  readonly run: RunId;
  readonly step: StepInstance;
  readonly host: HostName;
  readonly generation: number;
  readonly stream: 'out' | 'err';
};

/** Output of commands: chunks by offset, so that a second follower writes the same bytes to the same place. */
export type LogStore = {
  /**
   * Bytes at `offset`; what is stored already is left as it is; a gap is refused (`log/gap`). Answers the length now.
   * Of one stream only so much is kept (128 MiB unless configured); what follows is taken, counted in this answer, and
   * dropped. `length` and `read` are about what is kept.
   */
  write(key: LogKey, offset: number, bytes: Uint8Array): Promise<number>;
  length(key: LogKey): Promise<number>;
  read(key: LogKey, offset: number, limit: number): Promise<Uint8Array>;
  /** `bytes` are those kept; `truncated` says that more came than is kept of one stream. */
  list(run: RunId): Promise<readonly (LogKey & { readonly bytes: number; readonly truncated?: true })[]>;
};

/** What a follower of a command needs of the log store. */
export type WorkerLogs = Pick<LogStore, 'write' | 'length' | 'read'>;

/**
 * Sealed values by their handles, `RUN/NAME`: bytes that only a worker with the installation's key can read. They stay until
 * they are erased, which they are once the run's end is recorded. Throws `ledger/no-handle`, `ledger/no-space`.
 */
export type SealedStore = {
  /** On disk when it returns. */
  keep(handle: string, bytes: Uint8Array): Promise<void>;
  /** Undefined where it is erased, or never was. */
  read(handle: string): Promise<Uint8Array | undefined>;
  /** The handles of what is kept of a run. */
  list(run: RunId): Promise<readonly string[]>;
  /** The runs of which something is kept. */
  runs(): Promise<readonly RunId[]>;
  erase(run: RunId): Promise<void>;
};

/** What a worker needs of them: erasing is the server's. */
export type WorkerSealed = Pick<SealedStore, 'keep' | 'read' | 'list'>;
