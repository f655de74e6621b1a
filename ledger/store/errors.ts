import { HoldfastError } from '../../plan/errors.ts';

/**
 * SQLite's primary result codes, https://www.sqlite.org/rescode.html; an extended code has the primary one
 * in its lowest byte.
 */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** A full disk where the shared memory of the write-ahead log must grow shows as this input/output error. */
const IOERR_SHMSIZE = 4874;

type SqliteError = Error & { readonly errcode: number; readonly errstr: string };

/** Turns what SQLite throws into a sentence that names the file and says what to do; leaves other errors alone. */
export function storeError(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  const options = { cause: error };
  if (error.errcode === IOERR_SHMSIZE) return noSpace(path, options);
  switch (error.errcode & 0xff) {
    case FULL:
      return noSpace(path, options);
    case CORRUPT:
    case NOTADB:
      return new HoldfastError(
        'ledger/damaged',
        `The store ${path} is damaged or is no SQLite database (${error.errstr}).`,
        'Move it and its -wal and -shm files aside and put back a copy of all three from a backup.',
        options,
      );
    case READONLY:
    case CANTOPEN:
    case PERM:
      return new HoldfastError(
        'ledger/unwritable',
        `The store ${path} can't be opened for writing (${error.errstr}).`,
        'Check that the file and its folder belong to the user who runs Holdfast and that the disk is mounted writable.',
        options,
      );
    case BUSY:
    case LOCKED:
      return new HoldfastError(
        'ledger/busy',
        `The store ${path} was kept locked by another process for too long.`,
        'Look for a stopped process or an open database shell that holds a transaction on it.',
        options,
      );
    case IOERR:
      return new HoldfastError(
        'ledger/io',
        `Reading or writing the store ${path} failed: ${error.message}.`,
        'Check the disk; nothing of this write was kept.',
        options,
      );
    default:
      return error;
  }
}

export function isBusy(error: unknown): boolean {
  if (!isSqliteError(error)) return false;
  const primary = error.errcode & 0xff;
  return primary === BUSY || primary === LOCKED;
}

function noSpace(path: string, options: ErrorOptions): HoldfastError {
  return new HoldfastError(
    'ledger/no-space',
    `No space is left for the store ${path}: nothing of this write was kept.`,
    'Free space on that disk; the next write works by itself.',
    options,
  );
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}
