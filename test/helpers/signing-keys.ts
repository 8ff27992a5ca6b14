import { generateKeyPairSync } from 'node:crypto';
import { readKeySet } from '../../src/shared/signatures/key-set.ts';
import { hmacTrust, type SignatureAlgorithm, type SignatureTrust } from '../../src/shared/signatures/trust.ts';

/** A private JWK with a `kid`, as an operator keeps it. */
export type PrivateJwk = Readonly<Record<string, unknown>> & { readonly kid: string };

/** Creates a private key. */
export function newKey(kid: string, alg: SignatureAlgorithm = 'EdDSA', more: object = {}): PrivateJwk {
  const { privateKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid, ...more };
}

/** Returns the public half of a private key. */
export function publicJwk({ d: _d, ...jwk }: PrivateJwk): Readonly<Record<string, unknown>> {
  return jwk;
}

/** Returns the public halves of these keys as a JWK set. */
export function jwksOf(...keys: readonly PrivateJwk[]): { readonly keys: readonly object[] } {
  return { keys: keys.map(publicJwk) };
}

/**
 * Creates trust in maps that one of these keys signed, regardless of their HMAC. `overrides` replaces members of the
 * result.
 */
export function trustIn(keys: readonly PrivateJwk[], overrides: Partial<SignatureTrust> = {}): SignatureTrust {
  const trusted = keys.length === 0 ? [] : readKeySet(jwksOf(...keys));
  return { ...hmacTrust(), accept: 'signature', keys: trusted, ...overrides };
}
