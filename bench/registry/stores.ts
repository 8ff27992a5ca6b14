import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RegistryMemoryCache, type ServerInfo } from '../../src/main/registry/fs-store.ts';
import { load } from '../peers/load.ts';

/** A way to keep servers. */
export interface BenchStore {
  /** Resolves when it is as durable as this way makes it. */
  put(info: ServerInfo): Promise<void>;
  /** Makes everything so far be in the file that people read; null where there is none. */
  readonly flush: (() => Promise<void>) | null;
  close(): Promise<void>;
}

/** Opens a store that holds these, in an empty folder. */
export type OpenStore = (folder: string, infos: readonly ServerInfo[]) => Promise<BenchStore>;

/** Ways that need nothing installed, ours first. `rewrite` is that of the store that ours replaces; it is not durable, and neither is its flush. */
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

/** Ways of packages that are installed on demand. */
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

/** The whole file for each change; what changes while it is written is in the next one, together. */
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
