import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Names of socket files. Several gateways can use the same state folder, each with a different socket. */
const NAME = /^gateway-\d+-[0-9a-f]{8}\.sock$/;

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/**
 * Maximum length of a socket path, in bytes. It is the size of `sun_path` (104 on macOS, 108 on Linux) without the
 * final zero.
 */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Returns a path for a new socket. Returns null on Windows, and if the path would be too long. */
export function newSocketPath(stateDir: string, chance: string): string | null {
  if (process.platform === 'win32') return null;
  const path = join(stateDir, `gateway-${process.pid}-${chance}.sock`);
  return Buffer.byteLength(path) <= MAX_PATH_BYTES ? path : null;
}

/**
 * Returns the socket files of this user's gateways in a state folder, the newest first. Returns an empty list if the
 * folder cannot be read.
 */
export function socketsIn(stateDir: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(stateDir);
  } catch {
    // The state folder probably does not exist yet.
    return [];
  }
  const found = names.flatMap((name) => {
    if (!NAME.test(name)) return [];
    const path = join(stateDir, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const isOurs = stats?.isSocket() === true && stats.uid === process.geteuid?.() && (stats.mode & OTHERS) === 0;
    return isOurs ? [{ path, bornMs: stats.birthtimeMs }] : [];
  });
  return found.toSorted((a, b) => b.bornMs - a.bornMs).map(({ path }) => path);
}

/**
 * Creates the state folder for this user only, if it does not exist. Returns why other users could replace a socket in
 * the folder; null if they cannot.
 */
export function exposureOfFolder(stateDir: string): string | null {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(stateDir);
  if (uid !== process.geteuid?.()) return 'it belongs to another user';
  return (mode & OTHERS_WRITE) === 0 ? null : `others may write there (mode ${(mode & 0o777).toString(8)})`;
}

/** Removes the socket file of a gateway that no longer runs. */
export function removeSocket(path: string): void {
  rmSync(path, { force: true });
}
