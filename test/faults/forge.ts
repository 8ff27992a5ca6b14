import { createHmac } from 'node:crypto';
import { describe, it } from 'vitest';
import { createServiceMapSignature } from '../../src/main/index.ts';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { KEY, mapOf } from '../helpers/signed-map.ts';
import { sharedWorld, survives } from './last-good.ts';

/**
 * A map that must be rejected: a description with its number in the fault catalogue, the expected code, and a function
 * that creates the bytes.
 */
export type Hostile = readonly [what: string, code: string, make: () => string | Uint8Array];

export const now = (): string => new Date().toISOString();

/**
 * Returns `json` with the MAC of `canonical` in place of `"SIGNATURE"`, for maps that our own signer rejects or would
 * format differently.
 */
export function forged(json: string, canonical: string): string {
  const signature = createHmac('sha256', KEY).update(canonical).digest('base64url');
  return json.replace('"SIGNATURE"', JSON.stringify(signature));
}

/** Returns a map with this text as its metadata. The map must be rejected before its signature is checked. */
export function withMetadata(metadata: string): string {
  const { connectors: _none, ...rest } = mapOf([], { generatedAt: now() });
  const open = JSON.stringify(rest).slice(0, -1);
  return forged(`${open},"connectors":[],"metadata":${metadata},"signature":"SIGNATURE"}`, 'never reached');
}

/** Returns a map of one connector whose valid signature was changed by `change`. */
export function resigned(change: (signature: string) => unknown): string {
  const map = mapOf([off('a')], { generatedAt: now() });
  return JSON.stringify({ ...map, signature: change(createServiceMapSignature(map, KEY)) });
}

/**
 * Defines two tests for each map, one on the main thread and one on a worker thread: the map is rejected with its code,
 * and the last good map stays.
 */
export function refuses(hostile: readonly Hostile[]): void {
  const caps = { maxConnectors: 100, maxMapBytes: 1_000_000, timeoutMs: 2_000 };

  describe('on the main thread', () => {
    it.each(hostile)(
      '%s is rejected with %s on the main thread, and the last good map stays in use',
      async (_, code, make) => {
        await using server = await FaultyServer.start(answer(mapNow()));
        await using held = mapUnderTest(server.url, { ...caps, offload: 'never' });
        await survives({ held, server }, answer(make()), code);
      },
    );
  });

  describe('on a worker thread', () => {
    const world = sharedWorld({ ...caps, offload: 'always' });

    it.each(hostile)(
      '%s is rejected with %s on a worker thread, and the last good map stays in use',
      async (_, code, make) => {
        await survives(world(), answer(make()), code);
      },
    );
  });
}
