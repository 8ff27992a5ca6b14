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

/** What every command of the registry is given. */
export interface RegistryOptions {
  /** Its `servers.json`; that of the environment by default. */
  readonly registryPath?: string;
  readonly json: boolean;
}

/** A registry that is open, its file read. */
export interface OpenRegistry {
  readonly path: string;
  readonly writer: WriterClient;
  /** By name, in the order in which they came. */
  readonly servers: ReadonlyMap<string, ServerInfo>;
  /** Writes the file. */
  save(): Promise<void>;
}

/** The `servers.json` that is meant. Throws OPTIONS_INVALID for a folder. */
export function registryFile({ registryPath: given }: Pick<RegistryOptions, 'registryPath'>): string {
  const path = resolve(given ?? registryPath(process.env));
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  throw new SwitchyardError('OPTIONS_INVALID', `${path} is a folder; name the servers.json in it`);
}

/** The store of a registry. */
export function storeBeside(path: string): string {
  return join(dirname(path), STORE_FILE);
}

/** Whether there is a registry at `path`: looking must not make one. */
export function isRegistryThere(path: string): boolean {
  return existsSync(path) || existsSync(storeBeside(path));
}

/** Runs `work` with the registry, which is made where there is none. What is wrong in the file is told on stderr. */
export async function withRegistry<T>(path: string, work: (registry: OpenRegistry) => Promise<T>): Promise<T> {
  const writer = new WriterClient(dirname(path), { logger: problemLogger });
  let known: KnownServers = { storeId: null, revision: 0 };
  const sync = async (mode: SyncMode) => {
    const news = await writer.syncServers(path, known, mode);
    known = news.known;
    reportNews(news, path, problemLogger);
    return news;
  };
  // A store that took the place of the one that was read has to be read before its file is written.
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

/** The servers of the registry; none where there is none. */
export async function readServers(path: string): Promise<ReadonlyMap<string, ServerInfo>> {
  if (!isRegistryThere(path)) return new Map();
  return withRegistry(path, ({ servers }) => Promise.resolve(servers));
}

/** Why there is no server of this name, with the one that is meant, perhaps. */
export function unknownServer(name: string, known: Iterable<string>): SwitchyardError {
  const nearest = nearestName(name, [...known]);
  const meant = nearest === null ? '' : ` Did you mean ${printable(nearest)}?`;
  return new SwitchyardError('SERVER_UNKNOWN', `There is no server "${printable(name)}" in the registry.${meant}`);
}
