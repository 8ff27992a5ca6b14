/**
 * The schema of the store: its tables and indexes, the version of the format, and how an older format is upgraded. The
 * statements that use a table are in the file of that table.
 */

import type { DatabaseSync } from 'node:sqlite';
import { addSealFunction, insertRows, layoutIn, readProven, type SealedTable, sealExpression } from './seal.ts';
import { DamageError } from './sqlite-errors.ts';

/**
 * The format of the store, stored in `PRAGMA user_version`. Increase it with every change to the tables. A store with a
 * higher format is left unchanged. Format 4 added a checksum (`seal`) to the rows. Format 6 gave `servers_file` its
 * pending checksum. Format 7 gave every row a revision. Format 8 added facts about the signers to `source`.
 */
export const SCHEMA_VERSION = 8;

/**
 * Application id in the database header that marks a file as a store of this package ("swyd"). Stores of early versions
 * do not have it.
 */
export const APPLICATION_ID = 0x73777964;

/** A table of the store, with the statements that create it and the columns that its seal covers. */
interface StoreTable extends SealedTable {
  readonly create: string;
}

/**
 * The id that distinguishes this store from any other store at the same path. The inode is not enough, because the next
 * file there may get the same inode.
 */
const STORE_ID = `
  CREATE TABLE IF NOT EXISTS store (id TEXT NOT NULL) STRICT;
  INSERT INTO store SELECT lower(hex(randomblob(16))) WHERE NOT EXISTS (SELECT 1 FROM store);
`;

/**
 * The service maps that were accepted last, and facts about their signers. The body and the key document have separate
 * checksums, so that damage to them leaves the rest of the row valid. The column `floor_ms`, the minimum time of an
 * accepted map, is null before the first map and after a reset. If no map is stored, the five columns of the map are
 * null.
 */
export const SOURCES: StoreTable = {
  name: 'source',
  create: `
    CREATE TABLE IF NOT EXISTS source (
      source_id TEXT PRIMARY KEY,
      url TEXT,
      floor_ms INTEGER,
      generated_at_ms INTEGER,
      saved_at_ms INTEGER,
      etag TEXT,
      body BLOB,
      body_sha256 TEXT,
      seen_signed INTEGER NOT NULL,
      map_id TEXT,
      key_version INTEGER,
      key_document TEXT,
      key_sha256 TEXT,
      revision INTEGER NOT NULL,
      seal INTEGER NOT NULL
    ) STRICT;
  `,
  sealed: [
    'source_id',
    'floor_ms',
    'generated_at_ms',
    'saved_at_ms',
    'etag',
    'body_sha256',
    'revision',
    'url',
    'seen_signed',
    'map_id',
    'key_version',
    'key_sha256',
  ],
  rest: ['body', 'key_document'],
  added: { url: null, seen_signed: 0n, map_id: null, key_version: null, key_sha256: null, key_document: null },
};

/**
 * The servers of the registry. The row of a removed server stays, but without its `info`, so that other processes
 * notice the removal.
 */
export const SERVERS: StoreTable = {
  name: 'server',
  create: `
    CREATE TABLE IF NOT EXISTS server (
      name TEXT PRIMARY KEY,
      position INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      info TEXT,
      sha256 TEXT NOT NULL,
      file_sha256 TEXT,
      seal INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS server_revision ON server (revision);
  `,
  sealed: ['name', 'position', 'revision', 'info', 'sha256', 'file_sha256'],
  rest: [],
};

/** The state of each `servers.json` when the file and the store last had the same content. */
export const FILES: StoreTable = {
  name: 'servers_file',
  create: `
    CREATE TABLE IF NOT EXISTS servers_file (
      path TEXT PRIMARY KEY,
      sha256 TEXT,
      pending_sha256 TEXT,
      bad TEXT NOT NULL,
      rest TEXT NOT NULL,
      revision INTEGER NOT NULL,
      seal INTEGER NOT NULL
    ) STRICT;
  `,
  sealed: ['path', 'sha256', 'pending_sha256', 'bad', 'rest', 'revision'],
  rest: [],
};

/**
 * The tools that each connector listed last. The strings have a separate checksum, so they need not be read when only a
 * time is updated. The column `digests` contains JSON of `[tool, digest][]`, so the tools need not be read to compare
 * them with their pins.
 */
export const CONNECTORS: StoreTable = {
  name: 'connector',
  create: `
    CREATE TABLE IF NOT EXISTS connector (
      scope TEXT NOT NULL,
      connector_id TEXT NOT NULL,
      revision INTEGER NOT NULL,
      listed_at_ms INTEGER NOT NULL,
      facts TEXT NOT NULL,
      tools TEXT NOT NULL,
      digests TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      seal INTEGER NOT NULL,
      PRIMARY KEY (scope, connector_id)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS connector_revision ON connector (revision);
  `,
  sealed: ['scope', 'connector_id', 'revision', 'listed_at_ms', 'sha256'],
  rest: ['facts', 'tools', 'digests'],
};

/**
 * The definitions of tools that were first seen or last approved. Pins are recovered from a damaged store. Tools are
 * not, because connectors list them again.
 */
export const PINS: StoreTable = {
  name: 'tool_pin',
  create: `
    CREATE TABLE IF NOT EXISTS tool_pin (
      scope TEXT NOT NULL,
      connector_id TEXT NOT NULL,
      tool TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      definition TEXT NOT NULL,
      pinned_at_ms INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      seal INTEGER NOT NULL,
      PRIMARY KEY (scope, connector_id, tool)
    ) STRICT;
  `,
  sealed: ['scope', 'connector_id', 'tool', 'sha256', 'definition', 'pinned_at_ms', 'revision'],
  rest: [],
};

/** Returns the format of an open store, or 0 for an empty file. */
export function schemaVersionOf(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

/**
 * Upgrades an older format, and creates the tables that every store has. Must be called in a transaction. The other
 * tables are created when the registry or the tools are first used. Throws a DamageError, as `upgradeTables` does.
 */
export function createSchema(database: DatabaseSync): void {
  if (schemaVersionOf(database) > 0) upgradeTables(database);
  database.exec(`${SOURCES.create} ${STORE_ID}
    PRAGMA user_version = ${SCHEMA_VERSION}; PRAGMA application_id = ${APPLICATION_ID};`);
}

/**
 * Tables that are created again if columns are missing. Processes of an older version can no longer write to the new
 * tables, which is intended.
 */
const REVISED = [SOURCES, PINS];

/**
 * Upgrades the tables of an older format. Throws a DamageError if a record does not match its checksum, because its
 * damaged content would otherwise get a valid checksum.
 */
function upgradeTables(database: DatabaseSync): void {
  addSealFunction(database);
  // These tables need not be upgraded. The servers are read from their file again, and connectors list their tools
  // again.
  if (schemaVersionOf(database) < 7) database.exec('DROP TABLE IF EXISTS servers_file; DROP TABLE IF EXISTS connector');
  for (const table of [SERVERS, SOURCES]) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table.name);
    if (columns.length === 0 || columns.some(({ name }) => name === 'seal')) continue;
    database.exec(`ALTER TABLE ${table.name} ADD COLUMN seal INTEGER NOT NULL DEFAULT 0`);
    database.exec(`UPDATE ${table.name} SET seal = ${sealExpression(layoutIn(database, table))}`);
  }
  for (const table of REVISED) {
    const layout = layoutIn(database, table);
    if (layout.sealed.length === 0 || layout.sealed.length === table.sealed.length) continue;
    const lost: string[] = [];
    const rows = readProven(database, table, lost);
    if (lost.length > 0) throw new DamageError(`damaged records: ${lost.join('; ')}`);
    database.exec(`DROP TABLE ${table.name}; ${table.create}`);
    insertRows(database, table, rows);
  }
}
