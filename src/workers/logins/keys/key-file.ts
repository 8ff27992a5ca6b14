import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import { LOGIN_KEY_FILE } from '../../../shared/logins/login-files.ts';
import { KEY_BYTES } from '../../../shared/protocol/login-box.ts';
import { removeTemporaries, setAside } from '../../servers-file/durable-file.ts';
import { assertTrustedFile } from '../../servers-file/file-trust.ts';
import { holdingStoreLock } from '../../store/store-files.ts';
import { createPrivateFile, makePrivate } from './private-file.ts';

/** State of the key file, which holds 32 random bytes and nothing else. */
export type KeyFile =
  | { readonly kind: 'none' }
  /** `exposedMode`: the mode with which other users could read the file until now; null if they could not. */
  | { readonly kind: 'key'; readonly bytes: Uint8Array; readonly exposedMode: number | null }
  /** The file holds no key: it is damaged, truncated, or another file. It is left unchanged. */
  | { readonly kind: 'invalid' };

export function keyFilePath(stateDir: string): string {
  return join(stateDir, LOGIN_KEY_FILE);
}

/**
 * Reads the key file next to the logins, and removes the permissions of everyone but its owner. Throws STORE_UNSAFE, or
 * the error of the file system.
 */
export function readKeyFile(stateDir: string): KeyFile {
  const path = keyFilePath(stateDir);
  assertTrustedFile(path, { mayBeLink: false });
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'none' };
    throw error;
  }
  try {
    const { size, nlink } = fstatSync(file);
    if (size !== KEY_BYTES) return { kind: 'invalid' };
    const bytes = Buffer.alloc(KEY_BYTES);
    if (readSync(file, bytes, 0, KEY_BYTES, 0) !== KEY_BYTES || bytes.every((byte) => byte === 0))
      return { kind: 'invalid' };
    // A process that is killed right after it created the key leaves a second link to the file, which backups would
    // copy.
    if (nlink > 1) removeTemporaries(path);
    return { kind: 'key', bytes, exposedMode: makePrivate(path) };
  } finally {
    closeSync(file);
  }
}

/**
 * Creates the key file with these bytes, unless a key exists by then. Returns the key that is in the file. A file that
 * holds no key is set aside first: it cannot decrypt any row. Throws STORE_UNSAFE, or the error of the file system.
 */
export function createKeyFile(stateDir: string, bytes: Uint8Array): Uint8Array {
  const path = keyFilePath(stateDir);
  return holdingStoreLock(stateDir, () => {
    const before = readKeyFile(stateDir);
    if (before.kind === 'key') return before.bytes;
    if (before.kind === 'invalid') setAside(path);
    // Removes what killed processes left behind. No other process is creating a file here, because this one holds the
    // lock.
    removeTemporaries(path);
    createPrivateFile(path, bytes);
    const found = readKeyFile(stateDir);
    if (found.kind === 'key') return found.bytes;
    throw new SwitchyardError('STORE_UNAVAILABLE', `Cannot store the key of the logins in ${path}.`);
  });
}
