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

/** Strings that the schema of every store contains, whatever its format. The zero byte only occurs in binary files. */
const SCHEMA_MARKS = ['CREATE TABLE source (', 'floor_ms', '\0'];

/** Number of bytes in which to look for the schema, because it is in the first pages. */
const SCHEMA_BYTES = 64 * 1024;

/**
 * Checks every file that is used to open the store, before it is opened: the folder, the store, SQLite's files next to
 * it, and the lock file. Throws STORE_UNSAFE. The store may be a symbolic link that this user created. The other files
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
 * Throws STORE_FOREIGN if the open database has tables, but not those of a store. Another program must have created it.
 * Changes nothing. Throws the error of SQLite if the database is damaged.
 */
export function assertOwnDatabase(database: DatabaseSync, path: string): void {
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'").get();
  if (tables?.count === 0 && database.prepare('PRAGMA user_version').get()?.user_version === 0) return;
  if (database.prepare('PRAGMA application_id').get()?.application_id === APPLICATION_ID) return;
  const own = database.prepare("SELECT name FROM pragma_table_info('source') WHERE name = 'floor_ms'").get();
  if (own === undefined) throw foreign(path, 'is a database of another program');
}

/**
 * Throws STORE_FOREIGN for a file that was never a store. SQLite cannot read the file, so this function looks for the
 * application id and the text of the schema. An empty or all-zero file is accepted, because a power cut may leave one.
 * Only call this for a file that is about to be renamed, because the call drops this process's locks on the file.
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
