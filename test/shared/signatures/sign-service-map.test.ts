import { compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { verifyServiceMap } from '../../../src/shared/load/verify-service-map.ts';
import { verifyServiceMapSignature } from '../../../src/shared/map/signature.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import { entry, KEY, mapOf, NOW } from '../../helpers/signed-map.ts';
import { jwksOf, newKey, publicJwk } from '../../helpers/signing-keys.ts';

const [a, b] = [newKey('a'), newKey('b', 'ES256')];
const MAP = mapOf([entry('one')]);
const now = new Date(NOW);

/** Returns the payload of a signature, verified by another library. */
async function payloadOf(jws: string | undefined, key = a): Promise<unknown> {
  const alg = key.crv === 'P-256' ? 'ES256' : 'EdDSA';
  const { payload } = await compactVerify(jws ?? '', await importJWK(publicJwk(key), alg));
  return JSON.parse(new TextDecoder().decode(payload));
}

describe('signServiceMap', () => {
  it('signServiceMap() signs the id, the generation time, the content and the expiry of a map with each key', async () => {
    const { signatures } = signServiceMap(MAP, { keys: [a, b] });
    const payload = {
      map: MAP.id,
      generatedAt: MAP.generatedAt,
      exp: NOW / 1000 + 3_600,
      digest: expect.stringMatching(/^sha-256:[\w-]{43}$/),
    };
    expect(await payloadOf(signatures?.[0], a)).toEqual(payload);
    expect(await payloadOf(signatures?.[1], b)).toEqual(payload);
  });

  it('signServiceMap() computes the HMAC over the signatures too, so that a removed signature is noticed', () => {
    const signed = signServiceMap(MAP, { keys: [a], hmacKey: KEY });
    const { signature = '', ...rest } = signed;
    expect(verifyServiceMapSignature(signed, signature, KEY)).toBe(true);
    expect(verifyServiceMapSignature({ ...rest, signatures: [] }, signature, KEY)).toBe(false);
    expect(verifyServiceMapSignature(MAP, signature, KEY)).toBe(false);
  });

  it('signServiceMap() signs like createServiceMapSignature() if it has only an HMAC key', () => {
    const signed = signServiceMap(MAP, { hmacKey: KEY });
    expect(signed).not.toHaveProperty('signatures');
    expect(verifyServiceMapSignature(MAP, signed.signature ?? '', KEY)).toBe(true);
  });

  it('signServiceMap() replaces old signatures, and removes an HMAC that is no longer valid', () => {
    const before = signServiceMap(MAP, { keys: [a], hmacKey: KEY });
    const after = signServiceMap(before, { keys: [b] });
    expect(after.signatures).toHaveLength(1);
    expect(after).not.toHaveProperty('signature');
    expect(MAP).not.toHaveProperty('signatures');
  });

  it('signServiceMap() adds to existing signatures on request, so that separate parties can sign', () => {
    const first = signServiceMap(MAP, { keys: [a] });
    const second = signServiceMap(JSON.parse(JSON.stringify(first)), { keys: [b], keepSignatures: true, hmacKey: KEY });
    const { signers } = verifyServiceMap(second, { signatureKeys: jwksOf(a, b), threshold: 2, signatureKey: KEY, now });
    expect(signers).toMatchObject({ hmacKey: 0, signatures: [{ kid: 'a' }, { kid: 'b' }] });
  });

  it('signServiceMap() lets signatures expire earlier on request, but never later than the map', async () => {
    for (const [expiresAt, exp] of [
      [new Date(NOW + 1_500), NOW / 1000 + 1.5],
      [new Date(NOW + 1e12), NOW / 1000 + 3_600],
    ] as const) {
      const { signatures } = signServiceMap(MAP, { keys: [a], expiresAt });
      expect(await payloadOf(signatures?.[0])).toMatchObject({ exp });
    }
  });

  it('signServiceMap() keeps fractions of a second in the generation time of a map', () => {
    const map = { ...MAP, generatedAt: new Date(NOW + 123).toISOString() };
    const options = { signatureKeys: jwksOf(a), now: new Date(NOW + 123) };
    expect(verifyServiceMap(signServiceMap(map, { keys: [a] }), options).expiresAtMs).toBe(NOW + 3_600_123);
  });

  it('signServiceMap() signs the JSON form of the map, without undefined members and with dates as strings', () => {
    const map = { ...MAP, metadata: { at: now, gone: undefined } };
    const signed = signServiceMap(map, { keys: [a] });
    const bytes = new TextEncoder().encode(JSON.stringify(signed));
    expect(verifyServiceMap(bytes, { signatureKeys: jwksOf(a), now })).toMatchObject({ connectorCount: 1 });
  });

  it.each<[string, object, object]>([
    ['OPTIONS_INVALID', MAP, {}],
    ['OPTIONS_INVALID', MAP, { keys: [], hmacKey: '' }],
    ['KEYS_INVALID', MAP, { keys: [publicJwk(a)] }],
    ['KEYS_INVALID', MAP, { keys: [a, null] }],
    ['MAP_SCHEMA', [], { keys: [a] }],
    ['MAP_SCHEMA', { ...MAP, id: '' }, { keys: [a] }],
    ['MAP_TTL_INVALID', { ...MAP, ttlSeconds: 0.5 }, { keys: [a] }],
    ['MAP_DUPLICATE_ID', mapOf([entry('a'), entry('a')]), { keys: [a] }],
    ['MAP_NOT_REPRESENTABLE', { ...MAP, metadata: { x: Number.NaN } }, { keys: [a] }],
    ['MAP_NOT_REPRESENTABLE', { ...MAP, metadata: { x: '\ud800' } }, { keys: [a] }],
    ['MAP_FORBIDDEN_KEY', { ...MAP, metadata: { constructor: 1 } }, { keys: [a] }],
  ])('signServiceMap() rejects with %s a map that no reader would accept: %j', (code, map, options) => {
    expect(() => signServiceMap(map, options)).toThrow(expect.objectContaining({ code }));
  });
});
