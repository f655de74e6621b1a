import type { Migration } from './migrate.ts';

/** The forms of the ledger's file, oldest first. */
export const migrations: readonly Migration[] = [
  {
    name: 'entries, fence, run list, locks, outbox, plans and blobs',
    sql: `
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  key TEXT NOT NULL UNIQUE,
  run TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  data TEXT NOT NULL,
  leaf BLOB NOT NULL
) STRICT;
CREATE INDEX entry_by_run ON entry (run, seq);

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: an entry is never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: an entry is never deleted'); END;
-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER entry_is_never_replaced BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq OR key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: an entry is never replaced'); END;

CREATE TABLE tree_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
INSERT INTO tree_head (id, size, at) VALUES (1, 0, 0);

CREATE TABLE run_epoch (run TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  requested_seq INTEGER NOT NULL,
  requested_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  summary TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX runs_by_request ON runs (requested_seq);
CREATE INDEX runs_by_status ON runs (status, requested_seq);

CREATE TABLE lock (name TEXT PRIMARY KEY, run TEXT NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE lock_waiter (
  run TEXT PRIMARY KEY,
  arrival INTEGER NOT NULL,
  names TEXT NOT NULL,
  seen INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
  ask TEXT PRIMARY KEY,
  run TEXT NOT NULL,
  asked INTEGER NOT NULL UNIQUE,
  body TEXT NOT NULL,
  expires INTEGER NOT NULL,
  answer TEXT,
  settled TEXT
) STRICT;

CREATE TABLE blob (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE plan (digest TEXT PRIMARY KEY, plan TEXT NOT NULL) STRICT;
`,
  },
];
