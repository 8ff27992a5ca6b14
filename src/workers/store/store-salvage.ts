import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../shared/errors.ts';
import {
  columnsOf,
  isSealed,
  layoutIn,
  type SealedRow,
  type SealedTable,
  selectSealed,
  upgradedRow,
} from '../tables/seal.ts';
import { SERVERS } from '../tables/server-table.ts';
import { SOURCES } from '../tables/source-table.ts';
import { PINS } from '../tables/tool-table.ts';

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
  for (const [table, rows] of tables) {
    const places = [...table.sealed, 'seal', ...table.rest].map(() => '?').join();
    const insert = database.prepare(`INSERT INTO ${table.name} (${columnsOf(table)}) VALUES (${places})`);
    for (const row of rows) insert.run(...row);
  }
}

/** Has other processes wait that still use the damaged store; once it has another name they notice, and come to the new one. */
function holdWriters(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA busy_timeout = 1000; BEGIN IMMEDIATE');
  } catch {
    // One that is damaged may allow none; its rows are proven one by one anyway.
  }
}

/** The rows of a table that are as they were written; what is not, or cannot be read, goes to `lost`. From both ends, so that one page that cannot be read does not take with it what is behind it. */
export function readProven(database: DatabaseSync, table: SealedTable, lost: string[]): SealedRow[] {
  const rows = new Map<unknown, SealedRow>();
  const unread = new Set<string>();
  for (const order of ['ASC', 'DESC']) {
    try {
      const layout = layoutIn(database, table);
      // An older store may not have it.
      if (layout.sealed.length === 0) continue;
      const statement = selectSealed(database, layout, `NOT INDEXED ORDER BY rowid ${order}`);
      statement.setReadBigInts(true);
      for (const found of statement.iterate() as Iterable<unknown> as Iterable<SealedRow>) {
        const row = isSealed(layout, found) ? upgradedRow(table, layout, found) : null;
        if (row !== null) rows.set(row.slice(0, table.sealed.length).join('\n'), row);
        else unread.add(`the record ${found[0]} of ${table.name}`);
      }
    } catch (error) {
      unread.add(`some of ${table.name}: ${messageOf(error)}`);
    }
  }
  lost.push(...unread);
  return [...rows.values()];
}
