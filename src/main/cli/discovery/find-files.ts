import { existsSync, realpathSync } from 'node:fs';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import { readLocalConfig } from '../../local-config/read-local-config.ts';
import { type Client, type ClientFile, clientFiles, type Machine } from './client-files.ts';

/** An existing file of a client, and its content. */
export interface FoundFile extends ClientFile {
  /** The ids of its servers. */
  readonly servers: readonly string[];
  /** The reason why nothing in the file can be used; null if the file can be used. */
  readonly problem: string | null;
}

/**
 * Returns the existing files of these clients. A file with several names is returned once, under its first name. Starts
 * nothing.
 */
export function existingFiles(clients: readonly Client[], machine: Machine): readonly ClientFile[] {
  const byRealPath = new Map<string, ClientFile>();
  for (const file of clientFiles(clients, machine).filter(({ path }) => existsSync(path))) {
    const path = realpathSync(file.path);
    if (!byRealPath.has(path)) byRealPath.set(path, file);
  }
  return [...byRealPath.values()];
}

/** Reads the files of these clients. Starts nothing, and never rejects because of a file. */
export function findFiles(clients: readonly Client[], machine: Machine): Promise<FoundFile[]> {
  return Promise.all(existingFiles(clients, machine).map((file) => readFound(file, machine)));
}

/** Reads one file of a client. Never rejects. */
export async function readFound(file: ClientFile, { env, cwd }: Machine): Promise<FoundFile> {
  try {
    const { servers } = await readLocalConfig(file.path, env, cwd);
    return { ...file, servers: servers.map(({ entry }) => entry.id), problem: null };
  } catch (error) {
    const problem = `${codeOf(error) ?? 'unknown'}: ${messageOf(error)}`;
    return { ...file, servers: [], problem };
  }
}
