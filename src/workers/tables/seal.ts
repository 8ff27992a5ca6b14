import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { messageOf } from '../../shared/errors.ts';
import { DamageError } from './sqlite-errors.ts';

/**
 * A table whose rows carry a checksum in a column `seal`, so that no bit of a sealed column can change unnoticed.
 * (SQLite itself has no checksums.)
 */
export interface SealedTable {
  readonly name: string;
  /** Columns that the seal covers. Their values must not contain a line break. */
  readonly sealed: readonly string[];
  /** Columns with a checksum of their own. */
  readonly rest: readonly string[];
  /**
   * Values of columns that rows of an older format lack. A missing column that is not listed here, such as a revision,
   * gets 1.
   */
  readonly added?: Readonly<Record<string, SQLInputValue>>;
}

/** A row as the sealed columns, the seal, and the other columns. */
export type SealedRow = readonly SQLInputValue[];

/** Returns the columns in the order of a {@link SealedRow}. */
export function columnsOf({ sealed, rest }: SealedTable): string {
  return [...sealed, 'seal', ...rest].join(', ');
}

/**
 * Returns the table's layout in this store. A store of an older format lacks later columns; a missing table has no
 * columns.
 */
export function layoutIn(database: DatabaseSync, table: SealedTable): SealedTable {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all(table.name);
  const names = new Set(rows.map(({ name }) => name));
  const present = (columns: readonly string[]): string[] => columns.filter((column) => names.has(column));
  return { name: table.name, sealed: present(table.sealed), rest: present(table.rest) };
}

/**
 * Converts a row of an older layout to the present one and seals it again. Missing columns get their value from
 * `added`.
 */
export function upgradedRow(table: SealedTable, layout: SealedTable, row: SealedRow): SealedRow {
  if (layout.sealed.length === table.sealed.length) return row;
  const found = [...layout.sealed, 'seal', ...layout.rest];
  const cell = (column: string): SQLInputValue => {
    const at = found.indexOf(column);
    if (at !== -1) return row[at] ?? null;
    return table.added !== undefined && column in table.added ? (table.added[column] ?? null) : 1n;
  };
  const sealed = table.sealed.map(cell);
  return [...sealed, sealOf(sealed), ...table.rest.map(cell)];
}

/** Returns the SQL expression for the seal of a row. {@link addSealFunction} defines its function. */
export function sealExpression({ sealed }: SealedTable): string {
  return `seal(${sealed.join(', ')})`;
}

/** Computes the checksum of a row's sealed columns. */
export function sealOf(sealed: readonly unknown[]): number {
  return crc32(sealed.join('\n'));
}

/** Defines the function `seal(column, …)` for statements of this connection. */
export function addSealFunction(database: DatabaseSync): void {
  database.function('seal', { deterministic: true, varargs: true }, (...columns) => sealOf(columns));
}

/** Prepares a statement that reads rows of a table as {@link SealedRow}. `clauses` follow the table name. */
export function selectSealed(database: DatabaseSync, table: SealedTable, clauses: string): StatementSync {
  const statement = database.prepare(`SELECT ${columnsOf(table)} FROM ${table.name} ${clauses}`);
  // Arrays are read in half the time of objects.
  statement.setReturnArrays(true);
  return statement;
}

/** Whether a row matches its seal. */
function isSealed({ sealed }: SealedTable, row: SealedRow): boolean {
  return sealOf(row.slice(0, sealed.length)) === Number(row[sealed.length]);
}

/** Returns the given rows after verifying their seals. Throws a DamageError for a row that fails. */
export function provenRows(table: SealedTable, rows: readonly unknown[]): readonly SealedRow[] {
  const found = rows as readonly SealedRow[];
  for (const row of found) {
    if (!isSealed(table, row))
      throw new DamageError(`the record ${row[0]} of ${table.name} does not match its checksum`);
  }
  return found;
}

/**
 * Reads the rows that match their seal, in the present layout. Adds the rows that fail, and everything that cannot be
 * read, to `lost`. Reads from both ends, so that one unreadable page does not hide the rows behind it.
 */
export function readProven(database: DatabaseSync, table: SealedTable, lost: string[]): SealedRow[] {
  const rows = new Map<unknown, SealedRow>();
  const unread = new Set<string>();
  for (const order of ['ASC', 'DESC']) {
    try {
      const layout = layoutIn(database, table);
      // A store of an older format may not have the table.
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

/** Inserts rows as {@link readProven} returns them. */
export function insertRows(database: DatabaseSync, table: SealedTable, rows: readonly SealedRow[]): void {
  const places = [...table.sealed, 'seal', ...table.rest].map(() => '?').join();
  const insert = database.prepare(`INSERT INTO ${table.name} (${columnsOf(table)}) VALUES (${places})`);
  for (const row of rows) insert.run(...row);
}
