import { statfsSync } from 'node:fs';

/** How the store keeps a transaction apart until it is whole. */
export interface JournalChoice {
  readonly mode: 'WAL' | 'TRUNCATE';
  /** Why it is not the faster one; null where it is. */
  readonly reason: string | null;
}

/**
 * Types of file systems (statfs(2), `linux/magic.h`) that other machines may write to as well. WAL shares memory
 * between its users, which no network does (https://sqlite.org/wal.html, "all processes using a database must be on
 * the same host computer").
 */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  // sshfs and its like, and virtiofs; a local one loses little by being taken for one of them.
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

/**
 * The name of the network file system that `folder` is on; null where it is a local one, or where that cannot be
 * told.
 */
export function networkFileSystemOf(folder: string): string | null {
  if (folder.startsWith('\\\\')) return 'SMB';
  // Other systems number theirs differently.
  if (process.platform !== 'linux') return null;
  return networkFileSystem(statfsSync(folder).type);
}

/** The name of a network file system by its type as statfs(2) has it; null for any other. */
export function networkFileSystem(type: number): string | null {
  // A type is 32 bits wide, and of either sign.
  return NETWORK_FILE_SYSTEMS.get(type >>> 0) ?? null;
}

/**
 * Whether two connections that checkpoint at the same time may corrupt a database in WAL mode: up to 3.51.2, except
 * where mended (https://sqlite.org/wal.html#walresetbug).
 */
export function hasWalResetBug(sqliteVersion: string): boolean {
  const [major = 0, minor = 0, patch = 0] = sqliteVersion.split('.').map(Number);
  if (major !== 3) return major < 3;
  if (minor === 44) return patch < 6;
  if (minor === 50) return patch < 7;
  return minor < 51 || (minor === 51 && patch < 3);
}

/** The journal mode for a store that this SQLite has on this file system. */
export function chooseJournalMode(sqliteVersion: string, networkFileSystemName: string | null): JournalChoice {
  if (networkFileSystemName !== null)
    return { mode: 'TRUNCATE', reason: `it is on a network file system (${networkFileSystemName})` };
  if (hasWalResetBug(sqliteVersion))
    return { mode: 'TRUNCATE', reason: `SQLite ${sqliteVersion} may corrupt a store in WAL mode; 3.51.3 does not` };
  return { mode: 'WAL', reason: null };
}
