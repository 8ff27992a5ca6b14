import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../shared/errors.ts';
import { LOGIN_FILE } from '../../shared/logins/login-files.ts';
import type { StoreNote } from '../../shared/servers/store-notes.ts';
import { assertTrustedFile, assertTrustedFolder } from '../servers-file/file-trust.ts';
import { chooseJournalMode, networkFileSystemOf } from '../store/journal-mode.ts';
import {
  createStoreFile,
  fileIdOf,
  holdingStoreLock,
  LOCK_FILE,
  SIDE_FILES,
  setStoreAside,
} from '../store/store-files.ts';
import { inTransaction } from '../tables/server-table.ts';
import { asUnavailable, DamageError, isBusy, isDamage } from '../tables/sqlite-errors.ts';
import { makePrivate } from './keys/private-file.ts';
import { assertOwnFormat, assertWasLogins, prepareLoginTables } from './login-schema.ts';

type Tell = (note: StoreNote) => void;

/** Returns the path of the login file in a state folder. The file is never a symbolic link. */
export function loginPath(stateDir: string): string {
  return join(stateDir, LOGIN_FILE);
}

/** An open login file. */
export interface LoginDatabase {
  readonly database: DatabaseSync;
  readonly path: string;
  /** Identifies the file. If there is a file with another id at the same path, it is a different store. */
  readonly fileId: string | null;
}

/**
 * Opens the login file, or creates it. Each statement that writes is durable when it returns. A damaged login file is
 * renamed. A damaged file of another program is left unchanged. Throws STORE_UNSAFE, STORE_FOREIGN, STORE_TOO_NEW or
 * STORE_UNAVAILABLE.
 */
export function openLogins(stateDir: string, tell: Tell): LoginDatabase {
  const path = loginPath(stateDir);
  const suspect = fileIdOf(path);
  try {
    return open(stateDir, tell);
  } catch (error) {
    if (!isDamage(error)) throw asUnavailable(`Cannot open the login file ${path}`, error);
    return replaceLogins(stateDir, suspect, error, tell);
  }
}

/** Renames a damaged file, unless another process has done so, and opens the new file at its path. */
export function replaceLogins(stateDir: string, suspect: string | null, reason: unknown, tell: Tell): LoginDatabase {
  const path = loginPath(stateDir);
  try {
    return holdingStoreLock(stateDir, () => {
      if (fileIdOf(path) === suspect && suspect !== null) {
        assertWasLogins(path);
        tell({ kind: 'logins-set-aside', backup: setStoreAside(stateDir, path), reason: rootMessage(reason) });
      }
      return open(stateDir, tell);
    });
  } catch (error) {
    throw asUnavailable(`Cannot replace the damaged login file ${path}`, error);
  }
}

function open(stateDir: string, tell: Tell): LoginDatabase {
  const path = loginPath(stateDir);
  assertSafe(stateDir, path);
  createStoreFile(stateDir, path);
  const fileId = fileIdOf(path);
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    // The check is repeated, because the file may have been replaced before it was opened. Nothing has been written
    // yet.
    assertSafe(stateDir, path);
    assertOwnFormat(database, path);
    for (const file of [path, ...SIDE_FILES.map((suffix) => path + suffix)]) {
      const mode = makePrivate(file);
      if (mode !== null) tell({ kind: 'logins-exposed', path: file, mode: mode.toString(8) });
    }
    setJournalMode(database, stateDir);
    inTransaction(database, () => prepareLoginTables(database, path));
    const verdict = database.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
    if (verdict !== 'ok') throw new DamageError(String(verdict));
    if (fileIdOf(path) !== fileId) throw new Error('another process has just replaced it');
    return { database, path, fileId };
  } catch (error) {
    database.close();
    throw error;
  }
}

function assertSafe(stateDir: string, path: string): void {
  assertTrustedFolder(stateDir, { mayBeLink: true });
  const beside = SIDE_FILES.map((suffix) => path + suffix);
  for (const file of [path, ...beside, join(stateDir, LOCK_FILE)]) assertTrustedFile(file, { mayBeLink: false });
}

/**
 * Sets the journal mode that fits the file system. If another process has the file open in another mode, that mode
 * stays.
 */
function setJournalMode(database: DatabaseSync, stateDir: string): void {
  const version = String(database.prepare('SELECT sqlite_version() AS version').get()?.version);
  try {
    database.exec(`PRAGMA journal_mode = ${chooseJournalMode(version, networkFileSystemOf(stateDir)).mode}`);
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
}

function rootMessage(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? rootMessage(error.cause) : messageOf(error);
}
