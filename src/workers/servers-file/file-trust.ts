import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { SwitchyardError } from '../../shared/errors.ts';

/** Maximum number of symbolic links to follow, the same as on Linux. */
const MAX_HOPS = 40;

const OTHERS_WRITE = 0o002;
const GROUP_OR_OTHERS_WRITE = 0o022;

/** Whether this process's user or root owns a file. Always true on systems without user ids, such as Windows. */
export function isTrustedOwner(uid: number): boolean {
  const own = process.geteuid?.();
  return own === undefined || uid === own || uid === 0;
}

/**
 * Returns why other users can put files into a folder, as the end of a sentence about the folder. Returns null if they
 * cannot. Throws the error of the file system.
 */
export function exposureOf(folder: string): string | null {
  const { uid, mode } = statSync(folder);
  if (!isTrustedOwner(uid)) return `belongs to another user (id ${uid})`;
  return process.platform !== 'win32' && (mode & GROUP_OR_OTHERS_WRITE) !== 0
    ? `is writable by users other than its owner (mode ${(mode & 0o7777).toString(8)})`
    : null;
}

/** Rules for a file that {@link assertTrustedFile} checks. */
interface FileRules {
  /** Whether the file may be a symbolic link that this user or root created. */
  readonly mayBeLink: boolean;
  /**
   * Whether a pipe, socket or device passes the check, because the code that reads the file refuses it anyway. Defaults
   * to false.
   */
  readonly mayBeOther?: boolean;
}

/**
 * Checks a file of this package before it is opened. The file may be missing. Throws STORE_UNSAFE if it is not a
 * regular file, belongs to another user, or is a hard link in a world-writable folder. Also throws STORE_UNSAFE for a
 * symbolic link that is not allowed, forms a loop, or could have been created by another user.
 */
export function assertTrustedFile(path: string, { mayBeLink, mayBeOther = false }: FileRules): void {
  let at = path;
  for (let hops = 0; ; hops += 1) {
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (!stats.isSymbolicLink()) {
      if (stats.isFile() || !mayBeOther) assertTrustedTarget(at, stats);
      return;
    }
    if (!mayBeLink) throw unsafe(at, 'is a symbolic link, which is not allowed for this file');
    if (!isTrustedOwner(stats.uid)) throw unsafe(at, `is a symbolic link of another user (id ${stats.uid})`);
    if (isOpenToAll(dirname(at))) throw unsafe(at, 'is a symbolic link in a world-writable folder');
    if (hops === MAX_HOPS) throw unsafe(at, 'is a symbolic link that forms a loop');
    at = resolve(dirname(at), readlinkSync(at));
  }
}

/**
 * Checks a folder of this package. The folder may be missing. Throws STORE_UNSAFE for a pipe, a socket or a device, and
 * for a symbolic link that another user created or that `mayBeLink` does not allow. A regular file passes, because
 * creating the folder then fails.
 */
export function assertTrustedFolder(path: string, { mayBeLink }: Pick<FileRules, 'mayBeLink'>): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() === true) {
    if (!mayBeLink) throw unsafe(path, 'is a symbolic link, which is not allowed for this folder');
    if (!isTrustedOwner(stats.uid)) throw unsafe(path, `is a symbolic link of another user (id ${stats.uid})`);
  } else if (stats !== undefined && !stats.isDirectory() && !stats.isFile())
    throw unsafe(path, `is not a folder but ${kindOf(stats)}`);
}

/**
 * Checks the file that a path leads to. If the folder of the file belongs to another user, that user's files in it are
 * trusted too. A warning about such a folder is logged elsewhere.
 */
function assertTrustedTarget(path: string, stats: Stats): void {
  if (!stats.isFile()) throw unsafe(path, `is not a regular file but ${kindOf(stats)}`);
  const folder = statSync(dirname(path));
  if (!isTrustedOwner(stats.uid) && stats.uid !== folder.uid)
    throw unsafe(path, `belongs to another user (id ${stats.uid})`);
  if (stats.nlink > 1 && isOpenToAll(dirname(path)))
    throw unsafe(path, 'has a second hard link, in a world-writable folder');
}

function isOpenToAll(folder: string): boolean {
  return process.platform !== 'win32' && (statSync(folder).mode & OTHERS_WRITE) !== 0;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function unsafe(path: string, why: string): SwitchyardError {
  const remedy = `Remove it, make the folder private (chmod 700 ${dirname(path)}), or use another folder.`;
  return new SwitchyardError('STORE_UNSAFE', `${basename(path)} in ${dirname(path)} ${why}. ${remedy}`);
}
