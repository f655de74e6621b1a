import type { Generated, Selectable } from 'kysely';
import type { Migration } from './migrate.ts';

/** The rows of the log store's own file. */
export type LogTables = {
  stream: StreamTable;
  /** Bytes `start` to `start + length` of a stream; no two overlap and none is missing before `kept`. */
  chunk: { stream: number; start: number; length: number; packing: 'none' | 'deflate'; bytes: Uint8Array };
};

type StreamTable = {
  id: Generated<number>;
  run: string;
  step: string;
  host: string;
  generation: number;
  name: 'out' | 'err';
  kept: number;
  truncated: 0 | 1;
};

export type StreamRow = Selectable<StreamTable>;

export const logMigrations: readonly Migration[] = [
  {
    name: 'streams and their chunks',
    sql: `
CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  host TEXT NOT NULL,
  generation INTEGER NOT NULL,
  name TEXT NOT NULL CHECK (name IN ('out', 'err')),
  kept INTEGER NOT NULL,
  truncated INTEGER NOT NULL CHECK (truncated IN (0, 1)),
  UNIQUE (run, step, host, generation, name)
) STRICT;
CREATE TABLE chunk (
  stream INTEGER NOT NULL,
  start INTEGER NOT NULL,
  length INTEGER NOT NULL,
  packing TEXT NOT NULL CHECK (packing IN ('none', 'deflate')),
  bytes BLOB NOT NULL,
  PRIMARY KEY (stream, start)
) STRICT;
`,
  },
];
