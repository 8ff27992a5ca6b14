import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../shared/errors.ts';

/** The bytes of a file; null if it is not there. Throws what the disk throws, and on what is no file, or larger than `maxBytes`. */
export function readIfThere(path: string, maxBytes: number): Buffer | null {
  try {
    const stats = statSync(path);
    // A pipe would be read for ever.
    if (!stats.isFile()) throw new Error(`${path} is no file`);
    if (stats.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Replaces a file in one step: whoever reads it sees the old text or the new one, whole, also after a loss of power. The new one is its owner's alone
 * (mode 0600). A symbolic link stays, and what it points to is replaced. Not where `mayReplace`, asked last, says no; whether it was replaced. Throws what the
 * disk throws, leaving the old file and no other.
 */
export function replaceFile(path: string, text: string | Uint8Array, mayReplace: () => boolean = () => true): boolean {
  const target = existsSync(path) ? realpathSync(path) : path;
  const folder = dirname(target);
  const temporary = join(folder, `${temporaryPrefix(target)}${randomUUID()}.tmp`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const file = openSync(temporary, flags, 0o600);
    try {
      // Writes until all is written.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (!mayReplace()) {
      rmSync(temporary);
      return false;
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
  return true;
}

/** Removes the temporary files that killed processes left beside the file at `path`. To be called where nobody replaces that file meanwhile. */
export function removeTemporaries(path: string): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const folder = dirname(target);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(temporaryPrefix(target)) && name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
  }
}

/** Moves a file to the first free name of `PATH.bak`, `PATH.1.bak`, …; that name. */
export function setAside(path: string): string {
  const backup = freeName(path, 'bak');
  renameSync(path, backup);
  syncFolder(dirname(path));
  return backup;
}

/** The first of `PATH.EXTENSION`, `PATH.1.EXTENSION`, … that is no file, no folder and no symbolic link, not even one to nowhere. */
export function freeName(path: string, extension: string): string {
  for (let count = 0; ; count += 1) {
    const name = count === 0 ? `${path}.${extension}` : `${path}.${count}.${extension}`;
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`;
}

/** Makes a rename in a folder durable; some systems cannot sync a folder. */
export function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch (error) {
    if (process.platform === 'win32') return;
    throw error;
  }
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
  } finally {
    closeSync(descriptor);
  }
}
