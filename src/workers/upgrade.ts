import type { DatabaseSync } from 'node:sqlite';
import { addSealFunction, sealExpression } from './seal.ts';
import { SERVERS } from './server-table.ts';
import { SOURCES } from './source-table.ts';

/** Brings the tables of an older format up to date, in the transaction that the caller holds: before format 4 rows had no seal, before 6 a file nothing pending. */
export function upgradeTables(database: DatabaseSync): void {
  addSealFunction(database);
  // The file is read anew, against what each server was when they last agreed.
  database.exec('DROP TABLE IF EXISTS servers_file');
  for (const table of [SERVERS, SOURCES]) {
    const known = database.prepare('SELECT name FROM pragma_table_info(?)').all(table.name);
    if (known.length === 0 || known.some(({ name }) => name === 'seal')) continue;
    database.exec(`ALTER TABLE ${table.name} ADD COLUMN seal INTEGER NOT NULL DEFAULT 0`);
    database.exec(`UPDATE ${table.name} SET seal = ${sealExpression(table)}`);
  }
}
