import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { nearestName } from '../../../../shared/nearest-name.ts';
import type { ServerInfo } from '../../../../shared/servers/server-info.ts';
import type { KnownServers, SyncMode } from '../../../../shared/servers/server-records.ts';
import { STORE_FILE } from '../../../../shared/servers/store-notes.ts';
import { registryPath } from '../../../options/registry-path.ts';
import { reportBad, reportNews } from '../../../registry/report-news.ts';
import { WriterClient } from '../../../writer/writer-client.ts';
import { printable, problemLogger } from '../../terminal/output.ts';

/** Options that all registry commands share. */
export interface RegistryOptions {
  /** Path of `servers.json`. Defaults to the path that docs/registry.md describes. */
  readonly registryPath?: string;
  readonly json: boolean;
}

/** An open registry whose file has been read. */
export interface OpenRegistry {
  readonly path: string;
  readonly writer: WriterClient;
  /** Servers by name, in the order in which they were added. */
  readonly servers: ReadonlyMap<string, ServerInfo>;
  /** Writes `servers.json` with the current servers of the store. */
  save(): Promise<void>;
}

/** Returns the path of the `servers.json` that a command uses. Throws OPTIONS_INVALID if the path is a folder. */
export function registryFile({ registryPath: given }: Pick<RegistryOptions, 'registryPath'>): string {
  const path = resolve(given ?? registryPath(process.env));
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  throw new SwitchyardError('OPTIONS_INVALID', `${path} is a folder; give the path of the file servers.json in it`);
}

/** Returns the path of the store that belongs to the `servers.json` at `path`. */
export function storeBeside(path: string): string {
  return join(dirname(path), STORE_FILE);
}

/** Whether `servers.json` or its store exists. A command that only reads must not create a registry. */
export function isRegistryThere(path: string): boolean {
  return existsSync(path) || existsSync(storeBeside(path));
}

/**
 * Opens the registry, or creates it if it does not exist, and runs `work` with it. Reports problems of `servers.json`
 * on stderr.
 */
export async function withRegistry<T>(path: string, work: (registry: OpenRegistry) => Promise<T>): Promise<T> {
  const writer = new WriterClient(dirname(path), { logger: problemLogger });
  let known: KnownServers = { storeId: null, revision: 0 };
  const sync = async (mode: SyncMode) => {
    const news = await writer.syncServers(path, known, mode);
    known = news.known;
    reportNews(news, path, problemLogger);
    return news;
  };
  // If another process has replaced the store, the first call only reads the new store, so a second call has to write.
  const save = async (): Promise<void> => {
    if ((await sync('write')).isReplaced) await sync('write');
  };
  try {
    const { changes, bad } = await sync('read');
    reportBad(bad, [], path, problemLogger);
    const servers = new Map(changes.flatMap(({ name, info }) => (info === null ? [] : [[name, info] as const])));
    return await work({ path, writer, servers, save });
  } finally {
    await writer.close();
  }
}

/** Reads the registered servers. Returns an empty map if there is no registry. */
export async function readServers(path: string): Promise<ReadonlyMap<string, ServerInfo>> {
  if (!isRegistryThere(path)) return new Map();
  return withRegistry(path, ({ servers }) => Promise.resolve(servers));
}

/** Creates the error for a server name that is not registered. The message suggests a similar name if there is one. */
export function unknownServer(name: string, known: Iterable<string>): SwitchyardError {
  const nearest = nearestName(name, [...known]);
  const meant = nearest === null ? '' : ` Did you mean ${printable(nearest)}?`;
  return new SwitchyardError('SERVER_UNKNOWN', `There is no server "${printable(name)}" in the registry.${meant}`);
}
