import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../shared/errors.ts';
import { PINS, SERVERS, SOURCES } from '../tables/schema.ts';
import { insertRows, readProven, type SealedRow, type SealedTable } from '../tables/seal.ts';

/** What could be read of a damaged store, and proven. */
export interface SavedRecords {
  readonly tables: ReadonlyMap<SealedTable, readonly SealedRow[]>;
  /** What was found and cannot be relied on, or could not be read. */
  readonly lost: readonly string[];
}

/** `servers_file` is not among them: without it the file is read anew, and brings what was lost here. */
const TABLES: readonly SealedTable[] = [SERVERS, SOURCES, PINS];

/** Reads what can be read of a damaged store. Never throws: what cannot be read is lost. */
export function salvage(path: string): SavedRecords {
  const tables = new Map<SealedTable, readonly SealedRow[]>();
  const lost: string[] = [];
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path);
  } catch (error) {
    return { tables, lost: [`everything: ${messageOf(error)}`] };
  }
  try {
    holdWriters(database);
    for (const table of TABLES) tables.set(table, readProven(database, table, lost));
  } finally {
    database.close();
  }
  return { tables, lost };
}

/** Puts saved records into a store that has none, in the transaction that the caller holds. */
export function restore(database: DatabaseSync, { tables }: SavedRecords): void {
  for (const [table, rows] of tables) insertRows(database, table, rows);
}

/**
 * Has other processes wait that still use the damaged store; once it has another name they notice, and come to the
 * new one.
 */
function holdWriters(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA busy_timeout = 1000; BEGIN IMMEDIATE');
  } catch {
    // One that is damaged may allow none; its rows are proven one by one anyway.
  }
}
