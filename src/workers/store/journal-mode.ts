import { statfsSync } from 'node:fs';

/** How the store isolates a transaction until it is complete. */
export interface JournalChoice {
  readonly mode: 'WAL' | 'TRUNCATE';
  /** Why the faster mode is not used; null if it is used. */
  readonly reason: string | null;
}

/**
 * Types of file systems (statfs(2), `linux/magic.h`) that other machines may write to as well. WAL shares memory
 * between its users, which is impossible over a network (https://sqlite.org/wal.html, "all processes using a database
 * must be on the same host computer").
 */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  // sshfs and similar file systems, and virtiofs. A local FUSE file system loses little if it counts as a network file
  // system.
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x786f4256, 'vboxsf'],
]);

/** Returns the name of the network file system that `folder` is on. Null if it is local or cannot be determined. */
export function networkFileSystemOf(folder: string): string | null {
  if (folder.startsWith('\\\\')) return 'SMB';
  // Other systems number their types differently.
  if (process.platform !== 'linux') return null;
  return networkFileSystem(statfsSync(folder).type);
}

/** Returns the name of a network file system by its type in statfs(2); null for any other type. */
export function networkFileSystem(type: number): string | null {
  // A type is 32 bits wide and may be signed or unsigned.
  return NETWORK_FILE_SYSTEMS.get(type >>> 0) ?? null;
}

/**
 * Whether two connections that checkpoint at the same time may corrupt a database in WAL mode. Affects versions up to
 * 3.51.2, except those with a backported fix (https://sqlite.org/wal.html#walresetbug).
 */
export function hasWalResetBug(sqliteVersion: string): boolean {
  const [major = 0, minor = 0, patch = 0] = sqliteVersion.split('.').map(Number);
  if (major !== 3) return major < 3;
  if (minor === 44) return patch < 6;
  if (minor === 50) return patch < 7;
  return minor < 51 || (minor === 51 && patch < 3);
}

/** Chooses the journal mode for a store, from the SQLite version and the file system. */
export function chooseJournalMode(sqliteVersion: string, networkFileSystemName: string | null): JournalChoice {
  if (networkFileSystemName !== null)
    return { mode: 'TRUNCATE', reason: `it is on a network file system (${networkFileSystemName})` };
  if (hasWalResetBug(sqliteVersion))
    return { mode: 'TRUNCATE', reason: `SQLite ${sqliteVersion} may corrupt a store in WAL mode; 3.51.3 does not` };
  return { mode: 'WAL', reason: null };
}
