import { statfsSync } from 'node:fs';

/** The journal mode of a store, and why it was chosen. */
export interface JournalChoice {
  readonly mode: 'WAL' | 'TRUNCATE';
  /** Why the faster mode (WAL) is not used; null if it is used. */
  readonly reason: string | null;
}

/**
 * File systems (types of statfs(2), `linux/magic.h`) to which other machines may write, too. WAL needs memory that all
 * its users share, which is impossible over a network (https://sqlite.org/wal.html, "all processes using a database
 * must be on the same host computer").
 */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  // FUSE includes sshfs, virtiofs and similar file systems. A local FUSE file system loses little if it counts as a
  // network file system.
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

/** Returns the name of the network file system that contains `folder`. Null if the file system is local or unknown. */
export function networkFileSystemOf(folder: string): string | null {
  if (folder.startsWith('\\\\')) return 'SMB';
  // On other systems, the types have other numbers.
  if (process.platform !== 'linux') return null;
  return networkFileSystem(statfsSync(folder).type);
}

/** Returns the name of the network file system with this type of statfs(2), or null for any other type. */
export function networkFileSystem(type: number): string | null {
  // The type has 32 bits and may be signed or unsigned.
  return NETWORK_FILE_SYSTEMS.get(type >>> 0) ?? null;
}

/**
 * Whether this version of SQLite may corrupt a database in WAL mode if two connections checkpoint it at the same time.
 * This affects versions up to 3.51.2, except those with a backported fix (https://sqlite.org/wal.html#walresetbug).
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
