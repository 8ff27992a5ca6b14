import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../../shared/errors.ts';
import { syncFolder } from '../../servers-file/durable-file.ts';

const PRIVATE = 0o600;
const OTHERS = 0o077;

/** Error codes that mean that a file system does not support hard links. */
const NO_LINKS: readonly (string | null)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Creates a file with mode 0600, regardless of the umask, and writes all of its bytes to disk. Never replaces a file.
 * If two processes create it at the same time, only one succeeds. Returns whether it created the file. Throws the error
 * of the file system.
 */
export function createPrivateFile(path: string, bytes: Uint8Array): boolean {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    writePrivately(temporary, bytes);
    // Unlike a rename, this fails if a file with this name exists.
    linkSync(temporary, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    if (!createDirectly(path, bytes)) return false;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
  return true;
}

/**
 * Removes the permissions of everyone but the owner. Returns the previous mode, or null if no other user had access.
 */
export function makePrivate(path: string): number | null {
  if (process.platform === 'win32') return null;
  const mode = lstatSync(path, { throwIfNoEntry: false })?.mode ?? PRIVATE;
  if ((mode & OTHERS) === 0) return null;
  chmodSync(path, PRIVATE);
  return mode & 0o7777;
}

function createDirectly(path: string, bytes: Uint8Array): boolean {
  try {
    writePrivately(path, bytes);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    rmSync(path, { force: true });
    throw error;
  }
}

function writePrivately(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', PRIVATE);
  try {
    // Needed because the umask may have removed even the owner's permissions.
    fchmodSync(file, PRIVATE);
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
