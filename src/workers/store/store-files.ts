import {
  closeSync,
  existsSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, SwitchyardError } from '../../shared/errors.ts';
import { STORE_FILE } from '../../shared/servers/store-notes.ts';
import { freeName, syncFolder } from '../servers-file/durable-file.ts';
import { assertTrustedFile } from '../servers-file/file-trust.ts';

/**
 * Lock file next to the store. A process has SQLite's lock on this file while it renames a damaged store, or cleans up
 * after a missing store. The file stays empty.
 */
export const LOCK_FILE = 'switchyard.lock';

/**
 * Suffixes of the files that SQLite creates next to a database. If another database took the same path, SQLite would
 * wrongly use these files for that database.
 */
export const SIDE_FILES = ['-wal', '-shm', '-journal'];

/** Maximum number of symbolic links to follow, the same as on Linux. */
const MAX_HOPS = 40;

/**
 * Returns the path of the store in `stateDir`, with symbolic links resolved. SQLite creates its other files next to
 * this path.
 */
export function storePath(stateDir: string): string {
  let path = join(stateDir, STORE_FILE);
  // A link with a missing target is followed, too, because SQLite would create the file at its target.
  for (let hops = 0; hops < MAX_HOPS && isLink(path); hops += 1) path = resolve(dirname(path), readlinkSync(path));
  return path;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/**
 * Returns the id of the file at `path`, which differs from the id of any later file at the same path. Returns null if
 * the file is missing.
 */
export function fileIdOf(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}-${stats.ino}`;
}

/**
 * Creates the folder and the file of a database if they are missing. Only their owner can access them. SQLite gives its
 * other files the same mode. `path` defaults to the path of the store.
 */
export function createStoreFile(stateDir: string, path: string = storePath(stateDir)): void {
  makeFolder(stateDir);
  if (existsSync(path)) return;
  if (SIDE_FILES.some((suffix) => existsSync(path + suffix))) {
    holdingStoreLock(stateDir, () => {
      if (!existsSync(path)) for (const suffix of SIDE_FILES) rmSync(path + suffix, { force: true });
    });
  }
  createPrivately(path);
}

/**
 * Renames a store and SQLite's files next to it to `switchyard.db.corrupt`, `switchyard.db.1.corrupt`, …, and returns
 * the new name. Must be called while holding the lock of the store. `path` defaults to the path of the store.
 */
export function setStoreAside(stateDir: string, path: string = storePath(stateDir)): string {
  const backup = freeName(path, 'corrupt');
  // The other files are renamed first, because a process that opens a new store now must not find the log of the old
  // store.
  for (const suffix of SIDE_FILES) if (existsSync(path + suffix)) renameSync(path + suffix, backup + suffix);
  renameSync(path, backup);
  syncFolder(dirname(path));
  return backup;
}

/**
 * Runs `work` under the lock of the store, which only one process at a time can have. The kernel releases the lock when
 * the process ends. Throws the error of SQLite after 5 s of waiting. Throws STORE_UNSAFE or STORE_FOREIGN if the lock
 * file is a file of another kind.
 */
export function holdingStoreLock<T>(stateDir: string, work: () => T): T {
  const path = join(stateDir, LOCK_FILE);
  createPrivately(path);
  assertTrustedFile(path, { mayBeLink: false });
  if (lstatSync(path).size > 0)
    throw new SwitchyardError(
      'STORE_FOREIGN',
      `${path} is not the lock file of a store, because it is not empty. It was left unchanged. Move it away.`,
    );
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE');
    return work();
  } finally {
    lock.close();
  }
}

/**
 * Creates a folder that only its owner can access, and its parents. The option `recursive` is not used, because it
 * loops forever where no folder can be created, for example below /proc.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, 0o700);
  }
}

/**
 * Creates a file that only its owner can read. Never opens an existing database, because closing it would drop the
 * locks that other connections of this process have on it.
 */
function createPrivately(path: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    // Needed because the umask may have removed even the owner's permissions.
    fchmodSync(file, 0o600);
    closeSync(file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
