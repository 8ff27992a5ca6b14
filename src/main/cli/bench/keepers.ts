import { createHmac, timingSafeEqual } from 'node:crypto';
import { Agent, fetch } from 'undici';
import * as z from 'zod';
import { canonicalizeServiceMapPayload } from '../../../shared/map/signature.ts';
import { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { MAP_KEY } from './map-server.ts';

/** A way to load a map and to refresh it. */
export interface Keeper {
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** Loads the map at `url`, and resolves after that first load. */
export type KeeperOf = (url: string) => Promise<Keeper>;

const FLAGS = { asyncRefresh: false, refreshIntervalMs: 300_000 };

/**
 * Loads the map with a manager of this package. With `never`, the manager does every part of a load on the main thread.
 */
export function managerKeeper(offload: 'auto' | 'never'): KeeperOf {
  return async (serviceMapUrl) => {
    const manager = new ConnectorProxyManager({
      ...{ serviceMapUrl, signatureKey: MAP_KEY, offload, proxy: false as const, featureFlags: FLAGS },
      timeoutMs: 60_000,
      maxMapBytes: 2 ** 30,
      syncDeadlineMs: 60_000,
    });
    await manager.sync();
    return { refresh: () => manager.sync(true), close: () => manager.close() };
  };
}

const looseMap = z.looseObject({
  signature: z.string(),
  connectors: z.array(
    z.looseObject({ id: z.string(), endpoint: z.url(), scopes: z.array(z.string()).min(1), ttl: z.number() }),
  ),
});

/**
 * Loads the map as a program without this package would: with fetch, JSON.parse, zod, an HMAC and ETags, all on the
 * main thread.
 */
export const plainKeeper: KeeperOf = async (url) => {
  const agent = new Agent();
  let etag: string | null = null;
  const state: { map: unknown } = { map: null };
  const refresh = async (): Promise<void> => {
    const response = await fetch(url, { dispatcher: agent, headers: etag === null ? {} : { 'if-none-match': etag } });
    if (response.status === 304) return;
    etag = response.headers.get('etag');
    const { signature, ...payload } = looseMap.parse(JSON.parse(await response.text()));
    const mac = createHmac('sha256', MAP_KEY).update(canonicalizeServiceMapPayload(payload)).digest();
    if (!timingSafeEqual(mac, Buffer.from(signature, 'base64url')))
      throw new Error('The signature of the map is wrong');
    state.map = payload;
  };
  await refresh();
  return { refresh, close: () => agent.destroy() };
};
