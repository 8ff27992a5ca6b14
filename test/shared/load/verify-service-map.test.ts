import { describe, expect, it } from 'vitest';
import { type VerifyServiceMapOptions, verifyServiceMap } from '../../../src/shared/load/verify-service-map.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import { entry, KEY, mapOf, NOW } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';

const a = newKey('a');
const MAP = mapOf([entry('one'), entry('two')]);
const BOTH = signServiceMap(MAP, { keys: [a], hmacKey: KEY });
const now = new Date(NOW);
const signatureKeys = jwksOf(a);

describe('verifyServiceMap', () => {
  it('verifyServiceMap() returns the signers and the expiry of a map, given as bytes or as a parsed object', () => {
    for (const map of [BOTH, new TextEncoder().encode(JSON.stringify(BOTH, null, 2))]) {
      const { header, ...verified } = verifyServiceMap(map, { signatureKeys, signatureKey: ['new', KEY], now });
      expect(header).toMatchObject({ id: MAP.id, brand: 'test' });
      expect(header).not.toHaveProperty('signatures');
      expect(verified).toEqual({
        connectorCount: 2,
        expiresAtMs: NOW + 3_600_000,
        signers: { hmacKey: 1, signatures: [expect.objectContaining({ kid: 'a', expiresAtMs: NOW + 3_600_000 })] },
      });
    }
  });

  it.each<[string, object, Partial<VerifyServiceMapOptions>]>([
    ['an HMAC if there is only a secret', { hmacKey: KEY }, { signatureKey: KEY }],
    ['a signature if there are only public keys', { keys: [a] }, { signatureKeys }],
    [
      'either an HMAC or a signature if the policy is "either"',
      { keys: [a] },
      { signatureKeys, signatureKey: KEY, accept: 'either' },
    ],
  ])('verifyServiceMap() requires %s', (_, how, options) => {
    expect(verifyServiceMap(signServiceMap(MAP, how), { now, ...options }).connectorCount).toBe(2);
  });

  it.each<[string, object, VerifyServiceMapOptions]>([
    ['OPTIONS_INVALID', BOTH, {}],
    ['OPTIONS_INVALID', BOTH, { signatureKey: '' }],
    ['OPTIONS_INVALID', BOTH, { signatureKeys, accept: 'all' as never }],
    ['OPTIONS_INVALID', BOTH, { signatureKeys, threshold: 0 }],
    ['OPTIONS_INVALID', BOTH, { signatureKeys, now: new Date(Number.NaN) }],
    ['OPTIONS_INVALID', BOTH, { signatureKeys, now: NOW as never }],
    ['OPTIONS_INVALID', BOTH, { signatureKeys, maxClockSkewMs: Number.NaN }],
    ['OPTIONS_INVALID', BOTH, { signatureKeys, maxConnectors: Number.NaN }],
    ['KEYS_INVALID', BOTH, { signatureKeys: { keys: [] } }],
    ['MAP_SIGNATURE_MISSING', signServiceMap(MAP, { keys: [a] }), { signatureKeys, signatureKey: KEY }],
    ['MAP_SIGNATURE_MISSING', signServiceMap(MAP, { hmacKey: KEY }), { signatureKeys, signatureKey: KEY }],
    ['MAP_ID_MISMATCH', BOTH, { signatureKeys, mapId: 'another' }],
    ['MAP_EXPIRED', BOTH, { signatureKeys, now: new Date(NOW + 3_600_000) }],
    ['MAP_FROM_FUTURE', BOTH, { signatureKeys, now: new Date(NOW - 300_001) }],
    ['MAP_FROM_FUTURE', BOTH, { signatureKeys, now: new Date(NOW - 1), maxClockSkewMs: 0 }],
    ['MAP_TOO_MANY_CONNECTORS', BOTH, { signatureKeys, maxConnectors: 1 }],
    ['MAP_NOT_REPRESENTABLE', { x: 1n }, { signatureKeys }],
    ['MAP_SYNTAX', new TextEncoder().encode('<html>'), { signatureKeys }],
  ])('verifyServiceMap() throws %s', (code, map, options) => {
    expect(() => verifyServiceMap(map, { now, ...options })).toThrow(expect.objectContaining({ code }));
  });

  it('verifyServiceMap() uses the current time by default', () => {
    expect(() =>
      verifyServiceMap(signServiceMap({ ...MAP, generatedAt: '2020-01-01T00:00:00Z' }, { keys: [a] }), {
        signatureKeys,
      }),
    ).toThrow(expect.objectContaining({ code: 'MAP_EXPIRED' }));
  });
});
