import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { SwitchyardError } from '../../shared/errors.ts';
import { STORE_FILE } from '../../shared/servers/store-notes.ts';
import { assertTrustedFile, assertTrustedFolder } from '../servers-file/file-trust.ts';
import { APPLICATION_ID } from '../tables/schema.ts';
import { LOCK_FILE, SIDE_FILES, storePath } from './store-files.ts';

/** Where SQLite keeps the application id (https://sqlite.org/fileformat2.html#application_id). */
const APPLICATION_ID_OFFSET = 68;

/** What every store of any format has in its schema, as SQLite keeps it: between zeros, which no text has. */
const SCHEMA_MARKS = ['CREATE TABLE source (', 'floor_ms', '\0'];

/** The schema is in the first pages. */
const SCHEMA_BYTES = 64 * 1024;

/**
 * Checks everything that opening the store touches, before it is opened: the folder, the store, SQLite's files beside
 * it and the lock. Throws STORE_UNSAFE. The store itself may be a symbolic link that this user made; the other files
 * must not be links.
 */
export function assertSafeStore(stateDir: string): void {
  const store = join(stateDir, STORE_FILE);
  assertTrustedFolder(stateDir, { mayBeLink: true });
  assertTrustedFile(store, { mayBeLink: true });
  const beside = SIDE_FILES.map((suffix) => storePath(stateDir) + suffix);
  for (const path of [...beside, join(stateDir, LOCK_FILE)]) assertTrustedFile(path, { mayBeLink: false });
}

/**
 * Throws STORE_FOREIGN for an open database that another program made: one with tables, and none of ours. Changes
 * nothing. Throws what SQLite throws for a damaged one.
 */
export function assertOwnDatabase(database: DatabaseSync, path: string): void {
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'").get();
  if (tables?.count === 0 && database.prepare('PRAGMA user_version').get()?.user_version === 0) return;
  if (database.prepare('PRAGMA application_id').get()?.application_id === APPLICATION_ID) return;
  const own = database.prepare("SELECT name FROM pragma_table_info('source') WHERE name = 'floor_ms'").get();
  if (own === undefined) throw foreign(path, 'is a database of another program');
}

/**
 * Throws STORE_FOREIGN unless a file that SQLite cannot read was a store: it has our application id or the text of
 * our schema, or is empty or all zeros, as after a power cut. To be asked only of a file that is about to be set
 * aside: closing a descriptor of it drops the locks that this process holds on it.
 */
export function assertWasStore(path: string): void {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  let head: Buffer;
  try {
    if (!fstatSync(file).isFile()) throw foreign(path, 'is no regular file');
    head = Buffer.alloc(SCHEMA_BYTES);
    head = head.subarray(0, readSync(file, head, 0, SCHEMA_BYTES, 0));
  } finally {
    closeSync(file);
  }
  const hasOwnId = head.length >= 100 && head.readUInt32BE(APPLICATION_ID_OFFSET) === APPLICATION_ID;
  if (hasOwnId || SCHEMA_MARKS.every((mark) => head.includes(mark)) || head.every((byte) => byte === 0)) return;
  throw foreign(path, 'is no store of this package');
}

function foreign(path: string, why: string): SwitchyardError {
  return new SwitchyardError(
    'STORE_FOREIGN',
    `${path} ${why} and is left as it is. Move it away, or use another state folder.`,
  );
}
