import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { messageOf } from '../../shared/errors.ts';
import { DamageError } from './sqlite-errors.ts';

/**
 * A table whose rows have a checksum in the column `seal`, so that any damage to a sealed column is noticed. (SQLite
 * itself has no checksums.)
 */
export interface SealedTable {
  readonly name: string;
  /** Columns that the seal covers. Their values must not contain a line break. */
  readonly sealed: readonly string[];
  /** Columns that have a separate checksum. */
  readonly rest: readonly string[];
  /**
   * Values for columns that rows of an older format lack. If such a column is not listed here, for example a revision,
   * its value is 1.
   */
  readonly added?: Readonly<Record<string, SQLInputValue>>;
}

/** The values of a row: first the sealed columns, then the seal, then the other columns. */
export type SealedRow = readonly SQLInputValue[];

/** Returns the columns in the order of a {@link SealedRow}. */
export function columnsOf({ sealed, rest }: SealedTable): string {
  return [...sealed, 'seal', ...rest].join(', ');
}

/**
 * Returns which columns of a table exist in this store. A store of an older format lacks some columns. Returns no
 * columns for a missing table.
 */
export function layoutIn(database: DatabaseSync, table: SealedTable): SealedTable {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all(table.name);
  const names = new Set(rows.map(({ name }) => name));
  const present = (columns: readonly string[]): string[] => columns.filter((column) => names.has(column));
  return { name: table.name, sealed: present(table.sealed), rest: present(table.rest) };
}

/**
 * Converts a row with an older layout to the present one, and seals it again. The values of missing columns come from
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

/** Returns the SQL expression for the seal of a row. It uses the function that {@link addSealFunction} defines. */
export function sealExpression({ sealed }: SealedTable): string {
  return `seal(${sealed.join(', ')})`;
}

/** Computes the checksum of a row's sealed columns. */
export function sealOf(sealed: readonly unknown[]): number {
  return crc32(sealed.join('\n'));
}

/** Defines the SQL function `seal(column, …)` for this connection. */
export function addSealFunction(database: DatabaseSync): void {
  database.function('seal', { deterministic: true, varargs: true }, (...columns) => sealOf(columns));
}

/** Prepares a statement that reads rows of a table as {@link SealedRow}. `clauses` follow the table name. */
export function selectSealed(database: DatabaseSync, table: SealedTable, clauses: string): StatementSync {
  const statement = database.prepare(`SELECT ${columnsOf(table)} FROM ${table.name} ${clauses}`);
  // Arrays are faster to read than objects.
  statement.setReturnArrays(true);
  return statement;
}

/** Whether a row matches its seal. */
function isSealed({ sealed }: SealedTable, row: SealedRow): boolean {
  return sealOf(row.slice(0, sealed.length)) === Number(row[sealed.length]);
}

/** Returns these rows after verifying their seals. Throws a DamageError if a row does not match its seal. */
export function provenRows(table: SealedTable, rows: readonly unknown[]): readonly SealedRow[] {
  const found = rows as readonly SealedRow[];
  for (const row of found) {
    if (!isSealed(table, row))
      throw new DamageError(`the record ${row[0]} of ${table.name} does not match its checksum`);
  }
  return found;
}

/**
 * Returns the rows that match their seals, in the present layout. Adds all other rows, and everything that cannot be
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

/** Inserts rows in the form in which {@link readProven} returns them. */
export function insertRows(database: DatabaseSync, table: SealedTable, rows: readonly SealedRow[]): void {
  const places = [...table.sealed, 'seal', ...table.rest].map(() => '?').join();
  const insert = database.prepare(`INSERT INTO ${table.name} (${columnsOf(table)}) VALUES (${places})`);
  for (const row of rows) insert.run(...row);
}
