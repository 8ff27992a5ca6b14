import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../shared/errors.ts';
import { PINS, SERVERS, SOURCES } from '../tables/schema.ts';
import { insertRows, readProven, type SealedRow, type SealedTable } from '../tables/seal.ts';

/** The records of a damaged store that could be read and verified. */
export interface SavedRecords {
  readonly tables: ReadonlyMap<SealedTable, readonly SealedRow[]>;
  /** Names of the records that fail their checksum or could not be read. */
  readonly lost: readonly string[];
}

/**
 * The tables that are recovered. `servers_file` is not one of them. Without it, `servers.json` is read again, which
 * restores servers that were lost here.
 */
const TABLES: readonly SealedTable[] = [SERVERS, SOURCES, PINS];

/**
 * Recovers all readable records of a damaged store. Never throws. Records that cannot be recovered are reported as
 * lost.
 */
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

/** Inserts recovered records into a store without records. The caller must have opened a transaction. */
export function restore(database: DatabaseSync, { tables }: SavedRecords): void {
  for (const [table, rows] of tables) insertRows(database, table, rows);
}

/**
 * Blocks other processes that still use the damaged store. They open the new store after the damaged store was renamed.
 */
function holdWriters(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA busy_timeout = 1000; BEGIN IMMEDIATE');
  } catch {
    // A damaged database may refuse the lock. This does not matter, because its rows are verified one by one.
  }
}
