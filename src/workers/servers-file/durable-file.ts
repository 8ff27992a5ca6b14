import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../shared/errors.ts';

/**
 * Reads a file, or returns null if it does not exist. Throws the error of the file system. Throws an Error if it is not
 * a regular file or has more than `maxBytes` bytes.
 */
export function readIfThere(path: string, maxBytes: number): Buffer | null {
  let file: number;
  try {
    // The file is opened non-blocking, because opening a pipe would otherwise block.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error(`${path} is not a file`);
    if (stats.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Replaces a state file atomically and durably. Readers see either the old or the new content, even after a power loss.
 * The new file has mode 0600. If the file is a symbolic link, replaces its target, or the link itself if `followsLink`
 * is false. `mayReplace` is called just before the replacement; if it returns false, the old file stays. Returns
 * whether the file was replaced. If this function throws the error of the file system, the old file stays and no
 * temporary file is left. (The command line writes the files that users request with `writeOutputFile`, which
 * guarantees less.)
 */
export function replaceDurably(
  path: string,
  text: string | Uint8Array,
  mayReplace: () => boolean = () => true,
  followsLink = true,
): boolean {
  const target = followsLink && existsSync(path) ? realpathSync(path) : path;
  const folder = dirname(target);
  const temporary = join(folder, `${temporaryPrefix(target)}${randomUUID()}.tmp`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const file = openSync(temporary, flags, 0o600);
    try {
      // Unlike `writeSync`, this continues until all bytes are written.
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

/**
 * Removes the temporary files that killed processes left next to the file at `path`. Must only be called while no other
 * process can be replacing this file.
 */
export function removeTemporaries(path: string): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const folder = dirname(target);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(temporaryPrefix(target)) && name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
  }
}

/** Renames a file to the first free name of `PATH.bak`, `PATH.1.bak`, …, and returns the new name. */
export function setAside(path: string): string {
  const backup = freeName(path, 'bak');
  renameSync(path, backup);
  syncFolder(dirname(path));
  return backup;
}

/**
 * Returns the first free name of `PATH.EXTENSION`, `PATH.1.EXTENSION`, …. A name is also in use if a symbolic link with
 * a missing target has it.
 */
export function freeName(path: string, extension: string): string {
  for (let count = 0; ; count += 1) {
    const name = count === 0 ? `${path}.${extension}` : `${path}.${count}.${extension}`;
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`;
}

/** Makes a rename in a folder durable. Does nothing on systems that cannot sync a folder. */
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
