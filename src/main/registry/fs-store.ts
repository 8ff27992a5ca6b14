import type { ServerInfo } from '../../shared/servers/server-info.ts';
import { registryPath } from '../options/registry-path.ts';
import { RegistryMemoryCache } from './memory-cache.ts';

export type { ServerInfo } from '../../shared/servers/server-info.ts';
export { registryPath } from '../options/registry-path.ts';
export { RegistryMemoryCache, type RegistryMemoryCacheOptions } from './memory-cache.ts';

let open: Promise<RegistryMemoryCache> | null = null;

/**
 * Returns the registry that all functions of this module share. Opens and reads it first, unless it is already open.
 * Rejects with STORE_UNAVAILABLE or STORE_TOO_NEW.
 */
export function getRegistryCache(): Promise<RegistryMemoryCache> {
  open ??= openCache().catch((error: unknown) => {
    open = null;
    throw error;
  });
  return open;
}

/**
 * Writes pending changes and closes the registry. The next call to another function of this module opens it again.
 * Never rejects.
 */
export async function closeRegistryCache(): Promise<void> {
  const closing = open;
  open = null;
  await closing?.then(
    (cache) => cache.close(),
    () => {},
  );
}

/** Returns all servers of the registry. */
export async function readAll(): Promise<ServerInfo[]> {
  return (await getRegistryCache()).getAll();
}

/**
 * Adds or replaces a server. Resolves once the change is durable. Rejects with OPTIONS_INVALID or STORE_UNAVAILABLE.
 */
export async function upsert(info: ServerInfo): Promise<void> {
  await (await getRegistryCache()).upsert(info);
}

/**
 * Removes a server. Once the removal is durable, resolves with true if the server existed, otherwise with false.
 * Rejects with STORE_UNAVAILABLE.
 */
export async function remove(name: string): Promise<boolean> {
  const cache = await getRegistryCache();
  const wasThere = cache.remove(name);
  await cache.durable();
  return wasThere;
}

async function openCache(): Promise<RegistryMemoryCache> {
  const cache = new RegistryMemoryCache({ registryPath: registryPath(process.env) });
  try {
    await cache.init();
    return cache;
  } catch (error) {
    await cache.close();
    throw error;
  }
}
