import { DatabaseSync } from 'node:sqlite';

/** A lock on a file that the system gives up by itself when this process ends, however it ends. */
export type FolderLock = { readonly release: () => void };

/**
 * Takes the lock, or answers undefined where another process has it. It is SQLite's own exclusive lock on a database that
 * holds nothing: the kernel keeps it for the process, so that a `kill -9` leaves nothing stale behind.
 */
export function takeFolderLock(file: string): FolderLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** SQLite's result codes SQLITE_BUSY and SQLITE_LOCKED. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6);
}
