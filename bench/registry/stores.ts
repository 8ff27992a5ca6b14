import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RegistryMemoryCache, type ServerInfo } from '../../src/main/registry/fs-store.ts';
import { load } from '../peers/load.ts';

/** A server store that the benchmark measures. */
export interface BenchStore {
  /** Stores a server. Resolves when the change is as durable as this store can make it. */
  put(info: ServerInfo): Promise<void>;
  /** Writes all changes to the file that people read; null if there is no such file. */
  readonly flush: (() => Promise<void>) | null;
  close(): Promise<void>;
}

/** Opens a store with these servers in an empty folder. */
export type OpenStore = (folder: string, infos: readonly ServerInfo[]) => Promise<BenchStore>;

/**
 * Stores that need no other package. `ours` is the registry of this package. `rewrite` works like the older store that
 * this package replaces, which makes nothing durable.
 */
export const OWN_STORES: Readonly<Record<string, OpenStore>> = {
  async ours(folder, infos) {
    const cache = new RegistryMemoryCache({ registryPath: join(folder, 'servers.json') });
    await cache.init();
    await cache.upsertMany(infos);
    await cache.flush();
    return { put: (info) => cache.upsert(info), flush: () => cache.flush(), close: () => cache.close() };
  },
  rewrite: (folder, infos) => wholeFile(infos, (text) => writeFile(join(folder, 'servers.json'), text)),
};

/** Stores from other packages, which are installed only for this benchmark. */
export const PEER_STORES: Readonly<Record<string, OpenStore>> = {
  async 'write-file-atomic'(folder, infos) {
    const { default: writeFileAtomic } = await load('write-file-atomic');
    return wholeFile(infos, (text) => writeFileAtomic(join(folder, 'servers.json'), text));
  },
  async lmdb(folder, infos) {
    const { open } = await load('lmdb');
    const database = open({ path: join(folder, 'servers.lmdb'), overlappingSync: false });
    await Promise.all(infos.map((info) => database.put(info.name, info)));
    await database.flushed;
    return {
      put: async (info) => {
        await database.put(info.name, info);
        await database.flushed;
      },
      flush: null,
      close: () => database.close(),
    };
  },
};

/**
 * Opens a store that writes the whole file for each change. Changes that are made during a write are combined in the
 * next write.
 */
async function wholeFile(infos: readonly ServerInfo[], write: (text: string) => Promise<void>): Promise<BenchStore> {
  const servers = new Map(infos.map((info) => [info.name, info]));
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    next ??= last.then(() => {
      next = null;
      last = write(JSON.stringify({ servers: [...servers.values()] }, null, 2));
      return last;
    });
    return next;
  };
  await save();
  return {
    put(info) {
      servers.set(info.name, info);
      return save();
    },
    flush: save,
    close: () => Promise.resolve(),
  };
}
