import type { DatabaseSync } from 'node:sqlite';
import { addSealFunction, layoutIn, sealExpression } from '../tables/seal.ts';
import { SERVERS } from '../tables/server-table.ts';
import { SOURCE_SCHEMA, SOURCES } from '../tables/source-table.ts';
import { DamageError } from '../tables/sqlite-errors.ts';
import { PIN_SCHEMA, PINS } from '../tables/tool-table.ts';
import { readProven, restore } from './store-salvage.ts';

/**
 * Brings the tables of an older format up to date, in the transaction that the caller holds: before format 4 rows had no seal, before 6 a file nothing
 * pending, before 7 only servers a revision. Throws a DamageError where a record is not as it was written: it would be sealed as it is.
 */
export function upgradeTables(database: DatabaseSync): void {
  addSealFunction(database);
  // The file is read anew, against what each server was when they last agreed; the connectors list their tools anew.
  database.exec('DROP TABLE IF EXISTS servers_file; DROP TABLE IF EXISTS connector');
  for (const table of [SERVERS, SOURCES]) {
    const known = database.prepare('SELECT name FROM pragma_table_info(?)').all(table.name);
    if (known.length === 0 || known.some(({ name }) => name === 'seal')) continue;
    database.exec(`ALTER TABLE ${table.name} ADD COLUMN seal INTEGER NOT NULL DEFAULT 0`);
    database.exec(`UPDATE ${table.name} SET seal = ${sealExpression(layoutIn(database, table))}`);
  }
  for (const { table, schema } of REVISED) {
    const layout = layoutIn(database, table);
    if (layout.sealed.length === 0 || layout.sealed.length === table.sealed.length) continue;
    const lost: string[] = [];
    const rows = readProven(database, table, lost);
    if (lost.length > 0) throw new DamageError(`${lost.join('; ')} does not match its checksum`);
    database.exec(`DROP TABLE ${table.name}; ${schema}`);
    restore(database, { tables: new Map([[table, rows]]), lost });
  }
}

/** A process of an older version that still runs cannot write them any more: its rows would look damaged. */
const REVISED = [
  { table: SOURCES, schema: SOURCE_SCHEMA },
  { table: PINS, schema: PIN_SCHEMA },
];
