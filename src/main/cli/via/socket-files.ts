import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** File names of sockets. A state folder may have several gateways, each with its own socket. */
const NAME = /^gateway-\d+-[0-9a-f]{8}\.sock$/;

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** Maximum length of a socket path: `sun_path` of macOS (104) and Linux (108), less its final zero. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Returns a path for the socket of this process, or null on Windows or if the path would be too long for a socket. */
export function newSocketPath(stateDir: string, chance: string): string | null {
  if (process.platform === 'win32') return null;
  const path = join(stateDir, `gateway-${process.pid}-${chance}.sock`);
  return Buffer.byteLength(path) <= MAX_PATH_BYTES ? path : null;
}

/** Returns the sockets of this user's gateways in a folder, newest first; empty if the folder cannot be read. */
export function socketsIn(stateDir: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(stateDir);
  } catch {
    // The folder does not exist yet.
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
 * Creates the folder, for this user only, if it does not exist. Returns the reason if other users could replace a
 * socket in the folder with their own, or null if the folder is safe.
 */
export function exposureOfFolder(stateDir: string): string | null {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(stateDir);
  if (uid !== process.geteuid?.()) return 'it belongs to another user';
  return (mode & OTHERS_WRITE) === 0 ? null : `others may write there (mode ${(mode & 0o777).toString(8)})`;
}

/** Removes a socket that no gateway listens on any more. */
export function removeSocket(path: string): void {
  rmSync(path, { force: true });
}
