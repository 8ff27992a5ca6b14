import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import { LOGIN_KEY_FILE } from '../../../shared/logins/login-files.ts';
import { KEY_BYTES } from '../../../shared/protocol/login-box.ts';
import { removeTemporaries, setAside } from '../../servers-file/durable-file.ts';
import { assertTrustedFile } from '../../servers-file/file-trust.ts';
import { holdingStoreLock } from '../../store/store-files.ts';
import { createPrivateFile, makePrivate } from './private-file.ts';

/** What the key file holds: 32 random bytes and nothing else. */
export type KeyFile =
  | { readonly kind: 'none' }
  /** `exposedMode`: others could read it until now, with this mode; null where they could not. */
  | { readonly kind: 'key'; readonly bytes: Uint8Array; readonly exposedMode: number | null }
  /** It is no key: damaged, cut off, or another file. It is left as it is. */
  | { readonly kind: 'invalid' };

export function keyFilePath(stateDir: string): string {
  return join(stateDir, LOGIN_KEY_FILE);
}

/**
 * Reads the key beside the logins, and takes the file from everybody but its owner. Throws STORE_UNSAFE, or the
 * error of the file system.
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
    // A process that was killed right after it created the key left a second name, which backups would copy.
    if (nlink > 1) removeTemporaries(path);
    return { kind: 'key', bytes, exposedMode: makePrivate(path) };
  } finally {
    closeSync(file);
  }
}

/**
 * Creates the key file with these bytes, unless there is one by now; the key that is there then. A file that holds no
 * key is set aside first: no row can be read with it. Throws STORE_UNSAFE, or the error of the file system.
 */
export function createKeyFile(stateDir: string, bytes: Uint8Array): Uint8Array {
  const path = keyFilePath(stateDir);
  return holdingStoreLock(stateDir, () => {
    const before = readKeyFile(stateDir);
    if (before.kind === 'key') return before.bytes;
    if (before.kind === 'invalid') setAside(path);
    // What processes left that were killed here: nobody else is creating one now.
    removeTemporaries(path);
    createPrivateFile(path, bytes);
    const found = readKeyFile(stateDir);
    if (found.kind === 'key') return found.bytes;
    throw new SwitchyardError('STORE_UNAVAILABLE', `The key of the logins cannot be kept in ${path}.`);
  });
}
