import { describe, expect, it } from 'vitest';
import type { Proof } from '../../../src/shared/load/proof.ts';
import { proveMap } from '../../../src/shared/load/prove.ts';
import type { KnownMap, ProofPolicy } from '../../../src/shared/protocol/thread-messages.ts';
import { hmacTrust } from '../../../src/shared/signatures/trust.ts';
import { entry, type Json, KEY, mapOf, NOW, signed } from '../../helpers/signed-map.ts';

const policy: ProofPolicy = {
  trust: hmacTrust(KEY),
  nowMs: NOW + 1_000,
  floorMs: null,
  maxSkewMs: 300_000,
  maxConnectors: 100,
  allowExpired: false,
  maxStaleMs: null,
};

const prove = (
  map: Json,
  known: KnownMap | null = null,
  overrides: Partial<ProofPolicy> = {},
): ReturnType<typeof proveMap> => proveMap(signed(map), known, { ...policy, ...overrides });

function proof(map: Json, known: KnownMap | null = null, overrides: Partial<ProofPolicy> = {}): Proof {
  const result = prove(map, known, overrides);
  if (result.kind !== 'proof') throw new Error(`expected a proof, got ${result.kind}`);
  return result;
}

const knownOf = ({ bodySha256, digests, expiresAtMs }: Proof): KnownMap => ({ bodySha256, digests, expiresAtMs });

describe('proveMap', () => {
  it('proveMap() verifies a signed map and measures each step', () => {
    const { sent, delta, phases } = proof(mapOf([entry('a'), entry('b')]));
    expect(sent).toHaveLength(2);
    expect(delta).toEqual({ added: ['a', 'b'], changed: [], removed: [], unchangedCount: 0 });
    expect(Object.keys(phases)).toEqual(['parse', 'verify', 'validate', 'diff']);
  });

  it('proveMap() finds the changes since the known map', () => {
    const before = proof(mapOf([entry('a'), entry('b'), entry('c')]));
    const after = proof(
      mapOf([entry('c'), entry('b', { name: 'new' }), entry('d')], { ttlSeconds: 60 }),
      knownOf(before),
    );
    expect(after.delta).toEqual({ added: ['d'], changed: ['b'], removed: ['a'], unchangedCount: 1 });
  });

  it('proveMap() recognizes the exact bytes of the known map', () => {
    const map = mapOf([entry('a')]);
    expect(prove(map, knownOf(proof(map))).kind).toBe('same-body');
  });

  it.each<[string, Json, Partial<ProofPolicy>]>([
    ['MAP_EXPIRED', mapOf([]), { nowMs: NOW + 3_600_000 }],
    ['MAP_FROM_FUTURE', mapOf([]), { nowMs: NOW - 300_001 }],
    ['MAP_ROLLED_BACK', mapOf([]), { floorMs: NOW + 1 }],
    ['MAP_SIGNATURE_MISMATCH', mapOf([]), { trust: hmacTrust('another') }],
    ['MAP_TOO_MANY_CONNECTORS', mapOf([entry('a'), entry('b')]), { maxConnectors: 1 }],
    ['MAP_SCHEMA', mapOf([entry('a', { scopes: [] })]), {}],
  ])('proveMap() rejects a map with %s', (code, map, overrides) => {
    expect(() => prove(map, null, overrides)).toThrow(expect.objectContaining({ code }));
  });

  it('proveMap() rejects the bytes of a known map that has expired', () => {
    const map = mapOf([]);
    const known = knownOf(proof(map));
    expect(() => prove(map, known, { nowMs: known.expiresAtMs })).toThrow(
      expect.objectContaining({ code: 'MAP_EXPIRED' }),
    );
  });

  it('proveMap() accepts an expired map if stale maps are allowed, and a small clock skew', () => {
    expect(prove(mapOf([]), null, { nowMs: NOW + 1e10, allowExpired: true }).kind).toBe('proof');
    expect(prove(mapOf([]), null, { nowMs: NOW - 5_000 }).kind).toBe('proof');
  });

  it('proveMap() rejects JSON that is not an object', () => {
    const bytes = new TextEncoder().encode('[]');
    expect(() => proveMap(bytes, null, policy)).toThrow(expect.objectContaining({ code: 'MAP_SCHEMA' }));
  });

  it('proveMap() never accepts a map with a flipped byte', () => {
    const good = signed(mapOf([entry('a', { metadata: { x: [1, 2.5, 'é'] } })]));
    for (let index = 0; index < good.length; index += 1) {
      const bad = Uint8Array.from(good);
      bad[index] = (bad[index] ?? 0) ^ (1 << (index % 8));
      expect(() => proveMap(bad, null, policy), `byte ${index}`).toThrow(
        expect.objectContaining({ name: 'ConnectorManifestError' }),
      );
    }
  });
});
