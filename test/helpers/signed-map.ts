import { createServiceMapSignature } from '../../src/shared/map/signature.ts';
import { signServiceMap } from '../../src/shared/signatures/sign-service-map.ts';
import { secret } from './evidence.ts';
import type { PrivateJwk } from './signing-keys.ts';

/** The key of every map in the tests. */
export const KEY = secret('key of every map');

/** The default date of the maps in tests, at which they are fresh. */
export const NOW = Date.parse('2026-11-22T12:00:00.000Z');

export type Json = Record<string, unknown>;

/** Creates a valid entry. `overrides` replaces members, and removes members whose value is undefined. */
export function entry(id: string, overrides: Json = {}): Json & { id: string } {
  return {
    id,
    version: '1.0.0',
    name: `Connector ${id}`,
    status: 'enabled',
    ttl: 300,
    scopes: ['read'],
    endpoint: `http://127.0.0.1:9/${id}`,
    ...overrides,
  };
}

/** Creates an unsigned map of these entries, generated at {@link NOW} and valid for an hour. */
export function mapOf(connectors: readonly Json[], overrides: Json = {}): Json {
  return {
    id: '01JD0000000000000000000000',
    brand: 'test',
    generatedAt: new Date(NOW).toISOString(),
    ttlSeconds: 3600,
    connectors,
    ...overrides,
  };
}

/** Returns the bytes of a map with its signature. */
export function signed(map: Json, key: string = KEY): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify({ ...map, signature: createServiceMapSignature(map, key) }));
}

/** Returns the bytes of a map signed with these private keys, and with an HMAC key if one is given. */
export function signedWith(map: Json, keys: readonly PrivateJwk[], hmacKey?: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(signServiceMap(map, { keys, hmacKey })));
}
