import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { LOGIN_FILE, LOGIN_IMAGE_FILE, LOGIN_KEY_FILE } from '../../shared/logins/login-files.ts';
import type { StoredLogins } from '../../shared/logins/login-records.ts';
import { KEY_BYTES, sealingKeyOf } from '../../shared/protocol/login-box.ts';
import { fileIdOf, LOGIN_IMAGE_MAX_BYTES, openLoginImage } from '../../shared/protocol/login-image.ts';

const OTHERS = 0o077;

/**
 * Reads the start image of the logins on this thread. Returns null if it is missing or invalid, or belongs to another
 * login file. Also returns null if another user may have written it or can read its key. The writer thread reports this
 * problem. Never rejects.
 */
export async function loadLoginImage(stateDir: string): Promise<StoredLogins | null> {
  try {
    const [stats, key, bytes] = await Promise.all([
      lstat(join(stateDir, LOGIN_FILE), { bigint: true }),
      readPrivately(join(stateDir, LOGIN_KEY_FILE), KEY_BYTES),
      readPrivately(join(stateDir, LOGIN_IMAGE_FILE), LOGIN_IMAGE_MAX_BYTES),
    ]);
    if (key?.length !== KEY_BYTES || bytes === null) return null;
    const image = openLoginImage(bytes, sealingKeyOf(key));
    return image?.fileId === fileIdOf(stats) ? { ...image.stored, unreadable: 0 } : null;
  } catch {
    // The error is not reported here, because the writer thread reads the same files next, with more checks.
    return null;
  }
}

/**
 * Reads a file that only this user can access and that has no second name (hard link). Returns null for any other file.
 */
async function readPrivately(path: string, maxBytes: number): Promise<Buffer | null> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  await using file = await open(path, flags);
  const stats = await file.stat();
  return isPrivate(stats) && stats.size <= maxBytes ? await file.readFile() : null;
}

function isPrivate(stats: Stats): boolean {
  const own = process.geteuid?.();
  const isOwn = own === undefined || stats.uid === own || stats.uid === 0;
  const isClosed = process.platform === 'win32' || (stats.mode & OTHERS) === 0;
  return stats.isFile() && isOwn && isClosed && stats.nlink === 1;
}
