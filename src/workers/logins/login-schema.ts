import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { SwitchyardError } from '../../shared/errors.ts';

/** Format of the file, stored in `PRAGMA user_version`. A file with a higher format is left unchanged. */
const LOGIN_SCHEMA_VERSION = 1;

/** Application id in the database header that marks a file as a login store ("swyl"). */
const LOGIN_APPLICATION_ID = 0x7377796c;

/** Offset at which SQLite stores the application id (https://sqlite.org/fileformat2.html#application_id). */
const APPLICATION_ID_OFFSET = 68;

/** Strings that the schema of every login file contains, whatever its format. */
const SCHEMA_MARKS = ['CREATE TABLE sealed_record (', 'keyring_key'];
const SCHEMA_BYTES = 64 * 1024;

/**
 * - `login_store` has one row. Every change of a record increments `revision`; refresh turns do not.
 * - `sealed_record` keeps bindings, logins and clients as encrypted boxes (login-box.ts). Ids are digests. A removed
 *   login keeps its row without a box, so that no generation is used twice.
 * - `refresh` has the lease of a process that refreshes a login, and whether the refresh token may already be spent. It
 *   holds no secret.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS login_store (store_id TEXT NOT NULL, revision INTEGER NOT NULL, keyring_key TEXT) STRICT;
  INSERT INTO login_store
    SELECT lower(hex(randomblob(16))), 0, NULL WHERE NOT EXISTS (SELECT 1 FROM login_store);
  CREATE TABLE IF NOT EXISTS sealed_record (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    box BLOB,
    PRIMARY KEY (kind, id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS refresh (
    login_id TEXT PRIMARY KEY,
    lease_id TEXT,
    owner TEXT,
    granted_at_ms INTEGER,
    may_be_spent INTEGER NOT NULL
  ) STRICT;
`;

/**
 * Creates missing tables. Must be called in a transaction. Throws STORE_TOO_NEW for a newer format and STORE_FOREIGN
 * for a database of another program, and then leaves the file unchanged.
 */
export function prepareLoginTables(database: DatabaseSync, path: string): void {
  assertOwnFormat(database, path);
  if (pragma(database, 'user_version') === LOGIN_SCHEMA_VERSION) return;
  database.exec(TABLES);
  database.exec(`PRAGMA application_id = ${LOGIN_APPLICATION_ID}; PRAGMA user_version = ${LOGIN_SCHEMA_VERSION}`);
}

/**
 * Throws the same errors as {@link prepareLoginTables}, and changes nothing. Must be called before anything is written.
 */
export function assertOwnFormat(database: DatabaseSync, path: string): void {
  const version = pragma(database, 'user_version');
  const id = pragma(database, 'application_id');
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
  if (id === 0 && version === 0 && count === 0) return;
  if (id !== LOGIN_APPLICATION_ID) throw foreign(path, 'is a database of another program');
  if (version > LOGIN_SCHEMA_VERSION)
    throw new SwitchyardError(
      'STORE_TOO_NEW',
      `The logins in ${path} have format ${version}, but this version reads formats up to ${LOGIN_SCHEMA_VERSION}.`,
    );
}

/**
 * Throws STORE_FOREIGN for a file that was never a login store. SQLite cannot read the file, so this function looks for
 * the application id and the text of the schema. An empty or all-zero file is accepted, because a power cut may leave
 * one. Only call this for a file that is about to be renamed, because the call drops this process's locks on the file.
 */
export function assertWasLogins(path: string): void {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  let head = Buffer.alloc(SCHEMA_BYTES);
  try {
    if (!fstatSync(file).isFile()) throw foreign(path, 'is not a regular file');
    head = head.subarray(0, readSync(file, head, 0, SCHEMA_BYTES, 0));
  } finally {
    closeSync(file);
  }
  const hasOwnId = head.length >= 100 && head.readUInt32BE(APPLICATION_ID_OFFSET) === LOGIN_APPLICATION_ID;
  if (hasOwnId || SCHEMA_MARKS.every((mark) => head.includes(mark)) || head.every((byte) => byte === 0)) return;
  throw foreign(path, 'contains no mcp-switchyard logins');
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function foreign(path: string, why: string): SwitchyardError {
  return new SwitchyardError(
    'STORE_FOREIGN',
    `${path} ${why} and was left unchanged. Move it away, or use another state folder.`,
  );
}
