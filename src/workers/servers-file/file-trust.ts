import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { SwitchyardError } from '../../shared/errors.ts';

/** As many symbolic links as Linux follows. */
const MAX_HOPS = 40;

const OTHERS_WRITE = 0o002;
const GROUP_OR_OTHERS_WRITE = 0o022;

/** Whether this process or root owns a file. Always true where there are no user ids, as on Windows. */
export function isTrustedOwner(uid: number): boolean {
  const own = process.geteuid?.();
  return own === undefined || uid === own || uid === 0;
}

/**
 * How others than this user could put files into a folder, as the end of a sentence about it; null if they cannot.
 * Throws the error of the file system.
 */
export function exposureOf(folder: string): string | null {
  const { uid, mode } = statSync(folder);
  if (!isTrustedOwner(uid)) return `belongs to another user (id ${uid})`;
  return process.platform !== 'win32' && (mode & GROUP_OR_OTHERS_WRITE) !== 0
    ? `can be written by others than its owner (mode ${(mode & 0o7777).toString(8)})`
    : null;
}

/** What {@link assertTrustedFile} allows a file to be. */
interface FileRules {
  /** Whether it may be a symbolic link that this user or root made. */
  readonly mayBeLink: boolean;
  /** Whether a pipe, socket or device passes, because its reader refuses it. Defaults to false. */
  readonly mayBeOther?: boolean;
}

/**
 * Checks a file of this program before it is opened. It may be missing. Throws STORE_UNSAFE for anything but a
 * regular file, for a file of another user, for a hard link in a folder where everybody may write, and for a
 * symbolic link that is not allowed, leads round in a circle, or could have been put there by somebody else.
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
    if (!mayBeLink) throw unsafe(at, 'is a symbolic link, which this file must not be');
    if (!isTrustedOwner(stats.uid)) throw unsafe(at, `is a symbolic link of another user (id ${stats.uid})`);
    if (isOpenToAll(dirname(at))) throw unsafe(at, 'is a symbolic link in a folder where everybody may write');
    if (hops === MAX_HOPS) throw unsafe(at, 'is a symbolic link that leads round in a circle');
    at = resolve(dirname(at), readlinkSync(at));
  }
}

/**
 * Checks a folder of this program. It may be missing, and a regular file in its place fails when the folder is made.
 * Throws STORE_UNSAFE for a pipe, a socket or a device, and for a symbolic link that somebody else made, or any link
 * where `mayBeLink` is false.
 */
export function assertTrustedFolder(path: string, { mayBeLink }: Pick<FileRules, 'mayBeLink'>): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() === true) {
    if (!mayBeLink) throw unsafe(path, 'is a symbolic link, which this folder must not be');
    if (!isTrustedOwner(stats.uid)) throw unsafe(path, `is a symbolic link of another user (id ${stats.uid})`);
  } else if (stats !== undefined && !stats.isDirectory() && !stats.isFile())
    throw unsafe(path, `is no folder, but ${kindOf(stats)}`);
}

/** Judges what a path leads to. In a folder of another user, who was warned of, that user's files are as good. */
function assertTrustedTarget(path: string, stats: Stats): void {
  if (!stats.isFile()) throw unsafe(path, `is no regular file, but ${kindOf(stats)}`);
  const folder = statSync(dirname(path));
  if (!isTrustedOwner(stats.uid) && stats.uid !== folder.uid)
    throw unsafe(path, `belongs to another user (id ${stats.uid})`);
  if (stats.nlink > 1 && isOpenToAll(dirname(path)))
    throw unsafe(path, 'has a second name (a hard link), in a folder where everybody may write');
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
  const remedy = `Remove it, make the folder yours alone (chmod 700 ${dirname(path)}), or use another one.`;
  return new SwitchyardError('STORE_UNSAFE', `${basename(path)} in ${dirname(path)} ${why}. ${remedy}`);
}
