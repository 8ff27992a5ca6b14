import { existsSync, realpathSync } from 'node:fs';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import { readLocalConfig } from '../../local-config/read-local-config.ts';
import { type Client, type ClientFile, clientFiles, type Machine } from './client-files.ts';

/** An existing configuration file of a client, and its contents. */
export interface FoundFile extends ClientFile {
  /** The ids of the servers in the file. */
  readonly servers: readonly string[];
  /** Why the file cannot be used; null if it can be used. */
  readonly problem: string | null;
}

/**
 * Returns the configuration files of these clients that exist. If several paths lead to the same file, returns only the
 * first of them.
 */
export function existingFiles(clients: readonly Client[], machine: Machine): readonly ClientFile[] {
  const byRealPath = new Map<string, ClientFile>();
  for (const file of clientFiles(clients, machine).filter(({ path }) => existsSync(path))) {
    const path = realpathSync(file.path);
    if (!byRealPath.has(path)) byRealPath.set(path, file);
  }
  return [...byRealPath.values()];
}

/**
 * Finds and reads the configuration files of these clients. A file that cannot be read is reported in the result.
 * Starts no server.
 */
export function findFiles(clients: readonly Client[], machine: Machine): Promise<FoundFile[]> {
  return Promise.all(existingFiles(clients, machine).map((file) => readFound(file, machine)));
}

/** Reads a configuration file of a client. Never rejects. */
export async function readFound(file: ClientFile, { env, cwd }: Machine): Promise<FoundFile> {
  try {
    const { servers } = await readLocalConfig(file.path, env, cwd);
    return { ...file, servers: servers.map(({ entry }) => entry.id), problem: null };
  } catch (error) {
    const problem = `${codeOf(error) ?? 'unknown'}: ${messageOf(error)}`;
    return { ...file, servers: [], problem };
  }
}
