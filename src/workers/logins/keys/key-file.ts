import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import { LOGIN_KEY_FILE } from '../../../shared/logins/login-files.ts';
import { KEY_BYTES } from '../../../shared/protocol/login-box.ts';
import { removeTemporaries, setAside } from '../../servers-file/durable-file.ts';
import { assertTrustedFile } from '../../servers-file/file-trust.ts';
import { holdingStoreLock } from '../../store/store-files.ts';
import { createPrivateFile, makePrivate } from './private-file.ts';

/** State of the key file, which contains exactly 32 random bytes. */
export type KeyFile =
  | { readonly kind: 'none' }
  /** `exposedMode` is the mode that allowed other users to read the file until now; null if nobody else could. */
  | { readonly kind: 'key'; readonly bytes: Uint8Array; readonly exposedMode: number | null }
  /** The file does not contain a key, for example because it is damaged or truncated. It is left unchanged. */
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
    // If a process is killed right after it created the key, a second link to the file remains, and backups would copy
    // it.
    if (nlink > 1) removeTemporaries(path);
    return { kind: 'key', bytes, exposedMode: makePrivate(path) };
  } finally {
    closeSync(file);
  }
}

/**
 * Creates the key file with these bytes, unless another process has created it. Returns the key in the file. A file
 * without a valid key is renamed first, because it cannot decrypt any row. Throws STORE_UNSAFE, or the error of the
 * file system.
 */
export function createKeyFile(stateDir: string, bytes: Uint8Array): Uint8Array {
  const path = keyFilePath(stateDir);
  return holdingStoreLock(stateDir, () => {
    const before = readKeyFile(stateDir);
    if (before.kind === 'key') return before.bytes;
    if (before.kind === 'invalid') setAside(path);
    // Removes the temporary files of processes that were killed. No other process is creating a file here, because this
    // one has the lock.
    removeTemporaries(path);
    createPrivateFile(path, bytes);
    const found = readKeyFile(stateDir);
    if (found.kind === 'key') return found.bytes;
    throw new SwitchyardError('STORE_UNAVAILABLE', `Cannot store the encryption key for logins in ${path}.`);
  });
}
