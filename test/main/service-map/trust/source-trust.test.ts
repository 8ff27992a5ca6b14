import { describe, expect, it } from 'vitest';
import { resolveTrust } from '../../../../src/main/options/trust/trust-options.ts';
import { configuredKeys, isSignedBy, trustOf } from '../../../../src/main/service-map/trust/source-trust.ts';
import { readKeySet } from '../../../../src/shared/signatures/key-set.ts';
import { jwksOf, newKey } from '../../../helpers/signing-keys.ts';
import { NO_FACTS } from '../../../helpers/stored-source.ts';

const KEYS = readKeySet(jwksOf(newKey('a'), newKey('b', 'ES256')));
const SEEN = { ...NO_FACTS, seenSigned: true, mapId: 'seen' };

describe('trustOf', () => {
  it('trustOf() combines the options, the current keys and the stored facts about a source', () => {
    const options = resolveTrust({ signatureKey: 'k', signatureKeys: jwksOf(newKey('a')), threshold: 2 });
    const inForce = { ...configuredKeys(KEYS), revoked: ['r'], version: 3, expiresAtMs: 9 };
    expect(trustOf(options, ['k'], inForce, NO_FACTS)).toEqual({
      accept: 'both',
      hmacKeys: ['k'],
      keys: KEYS,
      threshold: 2,
      revoked: ['r'],
      mapId: null,
      requiresSignature: false,
      keysExpireAtMs: 9,
    });
  });

  it('trustOf() requires a signature after the source served a signed map, unless `accept` is explicitly hmac', () => {
    const requires = (options: object) =>
      trustOf(resolveTrust({ signatureKey: 'k', ...options }), ['k'], configuredKeys([]), SEEN).requiresSignature;
    expect(requires({})).toBe(true);
    expect(requires({ accept: 'either', signatureKeys: jwksOf(newKey('a')) })).toBe(true);
    expect(requires({ accept: 'hmac' })).toBe(false);
  });

  it('trustOf() expects the configured map id rather than the map id that was seen before', () => {
    const idOf = (options: object) =>
      trustOf(resolveTrust({ signatureKey: 'k', ...options }), ['k'], configuredKeys([]), SEEN).mapId;
    expect([idOf({}), idOf({ mapId: 'configured' })]).toEqual(['seen', 'configured']);
  });
});

describe('isSignedBy', () => {
  it('isSignedBy() counts each key only once', () => {
    const signer = (thumbprint: string) => ({ kid: thumbprint, alg: 'EdDSA' as const, thumbprint, expiresAtMs: 1 });
    const signers = { hmacKey: 0, signatures: [signer('a'), signer('a'), signer('b')] };
    expect([1, 2, 3].map((threshold) => isSignedBy(signers, threshold))).toEqual([true, true, false]);
    expect(isSignedBy({ hmacKey: 0, signatures: [] }, 1)).toBe(false);
  });
});
