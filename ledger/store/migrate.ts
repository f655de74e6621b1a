import type { DatabaseSync } from 'node:sqlite';
import { HoldfastError } from '../../plan/errors.ts';

/** One step forward in the form of a file: never changed once released, there is no step back. */
export type Migration = { readonly name: string; readonly sql: string };

/** Marks a SQLite file as one of Holdfast's (`PRAGMA application_id`): "HFST". */
const APPLICATION_ID = 0x48465354;

/**
 * Brings the file to the newest form, one transaction for all steps; any number of processes may do so at once.
 * `PRAGMA user_version` counts the steps taken.
 */
export function migrate(database: DatabaseSync, path: string, migrations: readonly Migration[]): void {
  if (formOf(database, path, migrations) === migrations.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Asked again: another process may have been first.
    const form = formOf(database, path, migrations);
    for (const migration of migrations.slice(form)) database.exec(migration.sql);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function formOf(database: DatabaseSync, path: string, migrations: readonly Migration[]): number {
  const form = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  if (application !== APPLICATION_ID && (application !== 0 || form !== 0 || hasTables(database))) {
    throw new HoldfastError(
      'ledger/foreign',
      `${path} is a SQLite database of another program.`,
      'Name another file for the store.',
    );
  }
  if (form > migrations.length) {
    throw new HoldfastError(
      'ledger/newer',
      `The store ${path} was written by a newer Holdfast: it has form ${form}, this one knows ${migrations.length}.`,
      'Use the newer Holdfast: a store never goes back.',
    );
  }
  return form;
}

function hasTables(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
