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
 * Beside the store: whoever sets it aside, or clears up after one that is gone, holds SQLite's lock on it. It stays
 * empty.
 */
export const LOCK_FILE = 'switchyard.lock';

/**
 * What SQLite keeps beside a database. They belong to that very file: beside another one they would be taken for
 * its own.
 */
export const SIDE_FILES = ['-wal', '-shm', '-journal'];

/** As many as Linux follows. */
const MAX_HOPS = 40;

/** The path of the store in `stateDir`, past symbolic links: that is where SQLite keeps the files beside it. */
export function storePath(stateDir: string): string {
  let path = join(stateDir, STORE_FILE);
  // One that leads nowhere counts as well: SQLite would follow it and make the file there.
  for (let hops = 0; hops < MAX_HOPS && isLink(path); hops += 1) path = resolve(dirname(path), readlinkSync(path));
  return path;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Which file is at `path`, as another at that path is another; null if there is none. */
export function fileIdOf(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}-${stats.ino}`;
}

/**
 * Creates the folder and the file of a database, where they are not there, for their owner alone; SQLite gives its
 * side files the same mode. `path` is the store's by default.
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
 * Gives a store and what is beside it another name, `switchyard.db.corrupt` or `switchyard.db.1.corrupt`, …; that
 * name. To be called holding the store's lock. `path` is the store's by default.
 */
export function setStoreAside(stateDir: string, path: string = storePath(stateDir)): string {
  const backup = freeName(path, 'corrupt');
  // First what is beside it: whoever opened a new store now must not find the old one's log.
  for (const suffix of SIDE_FILES) if (existsSync(path + suffix)) renameSync(path + suffix, backup + suffix);
  renameSync(path, backup);
  syncFolder(dirname(path));
  return backup;
}

/**
 * Runs `work` while no other process does so for this folder. The kernel holds the lock, so it dies with its
 * process. Throws SQLite's error after 5 s of waiting, STORE_UNSAFE or STORE_FOREIGN where something else is in the
 * place of the lock.
 */
export function holdingStoreLock<T>(stateDir: string, work: () => T): T {
  const path = join(stateDir, LOCK_FILE);
  createPrivately(path);
  assertTrustedFile(path, { mayBeLink: false });
  if (lstatSync(path).size > 0)
    throw new SwitchyardError(
      'STORE_FOREIGN',
      `${path} should be empty and is not. It is left as it is; move it away.`,
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
 * Creates a folder of its owner alone, and those above it. `recursive` would spin for ever where none can be made,
 * as below /proc.
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
 * Creates a file readable by its owner alone. Only ever creates: closing any descriptor of an existing database
 * would drop the locks that another connection of this process holds on it.
 */
function createPrivately(path: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    // A umask may have taken even its owner's rights.
    fchmodSync(file, 0o600);
    closeSync(file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
