import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { SwitchyardError } from '../../shared/errors.ts';
import { STORE_FILE } from '../../shared/servers/store-notes.ts';
import { assertTrustedFile, assertTrustedFolder } from '../servers-file/file-trust.ts';
import { APPLICATION_ID } from '../tables/schema.ts';
import { LOCK_FILE, SIDE_FILES, storePath } from './store-files.ts';

/** Offset at which SQLite stores the application id (https://sqlite.org/fileformat2.html#application_id). */
const APPLICATION_ID_OFFSET = 68;

/**
 * Text that the schema of a store of any format contains, as SQLite stores it: between zeros, which text files do not
 * have.
 */
const SCHEMA_MARKS = ['CREATE TABLE source (', 'floor_ms', '\0'];

/** Number of bytes to search for the schema, which is in the first pages. */
const SCHEMA_BYTES = 64 * 1024;

/**
 * Checks every file that opening the store touches, before it is opened: the folder, the store, SQLite's side files and
 * the lock. Throws STORE_UNSAFE. The store itself may be a symbolic link that this user made; the other files must not
 * be links.
 */
export function assertSafeStore(stateDir: string): void {
  const store = join(stateDir, STORE_FILE);
  assertTrustedFolder(stateDir, { mayBeLink: true });
  assertTrustedFile(store, { mayBeLink: true });
  const beside = SIDE_FILES.map((suffix) => storePath(stateDir) + suffix);
  for (const path of [...beside, join(stateDir, LOCK_FILE)]) assertTrustedFile(path, { mayBeLink: false });
}

/**
 * Throws STORE_FOREIGN for an open database that another program created: a database with tables, but without those of
 * a store. Changes nothing. Throws SQLite's error for a damaged database.
 */
export function assertOwnDatabase(database: DatabaseSync, path: string): void {
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'").get();
  if (tables?.count === 0 && database.prepare('PRAGMA user_version').get()?.user_version === 0) return;
  if (database.prepare('PRAGMA application_id').get()?.application_id === APPLICATION_ID) return;
  const own = database.prepare("SELECT name FROM pragma_table_info('source') WHERE name = 'floor_ms'").get();
  if (own === undefined) throw foreign(path, 'is a database of another program');
}

/**
 * Throws STORE_FOREIGN unless a file that SQLite cannot read used to be a store. It accepts a file with our application
 * id or the text of our schema, and an empty or all-zero file, as a power cut leaves it. Call it only for a file that
 * is about to be set aside: closing its descriptor drops the locks that this process holds on it.
 */
export function assertWasStore(path: string): void {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  let head: Buffer;
  try {
    if (!fstatSync(file).isFile()) throw foreign(path, 'is not a regular file');
    head = Buffer.alloc(SCHEMA_BYTES);
    head = head.subarray(0, readSync(file, head, 0, SCHEMA_BYTES, 0));
  } finally {
    closeSync(file);
  }
  const hasOwnId = head.length >= 100 && head.readUInt32BE(APPLICATION_ID_OFFSET) === APPLICATION_ID;
  if (hasOwnId || SCHEMA_MARKS.every((mark) => head.includes(mark)) || head.every((byte) => byte === 0)) return;
  throw foreign(path, 'is not an mcp-switchyard store');
}

function foreign(path: string, why: string): SwitchyardError {
  return new SwitchyardError(
    'STORE_FOREIGN',
    `${path} ${why} and was left unchanged. Move it away, or use another state folder.`,
  );
}
