/** The rows of the ledger's file. Times are milliseconds since the epoch; JSON is text in its RFC 8785 form. */
export type Tables = {
  entry: EntryRow;
  tree_head: { id: 1; size: number; at: number };
  /** The fence: no entry of an older epoch is taken. */
  run_epoch: { run: string; epoch: number };
  /** The run list, folded from entries in the transaction that appends them. */
  runs: RunRow;
  lock: { name: string; run: string; since: number };
  lock_waiter: { run: string; arrival: number; names: string; seen: number };
  outbox: OutboxRow;
  blob: { digest: string; text: string };
  plan: { digest: string; plan: string };
};

export type EntryRow = {
  seq: number;
  at: number;
  key: string;
  run: string;
  epoch: number;
  kind: string;
  actor: string;
  data: string;
  leaf: Uint8Array;
};

type RunRow = {
  run: string;
  requested_seq: number;
  requested_at: number;
  status: string;
  summary: string;
};

type OutboxRow = {
  ask: string;
  run: string;
  /** The `seq` of its operator.asked. */
  asked: number;
  /** The whole ask, as the workflow gets it. */
  body: string;
  expires: number;
  /** What the server heard from the workflow. */
  answer: string | null;
  /** What the ledger says became of it: operator.applied, refused or expired. */
  settled: string | null;
};
