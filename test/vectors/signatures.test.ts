import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSignedBy, type Jws } from '../../src/shared/signatures/jws.ts';
import { readKeySet } from '../../src/shared/signatures/key-set.ts';
import { readSigningKey } from '../../src/shared/signatures/signing-key.ts';
import type { TrustedKey } from '../../src/shared/signatures/trust.ts';

const folder = process.env.SWITCHYARD_VECTORS ?? '../shared/vectors';
const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));
const base64url = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid';
}

interface Group {
  readonly publicKey: { readonly pk?: string; readonly uncompressed?: string };
  readonly tests: readonly Vector[];
}

/** A Wycheproof case, with its key as a JWK. */
interface Case extends Vector {
  readonly jwk: object;
}

function casesOf(file: string, jwkOf: (key: Group['publicKey']) => object): readonly Case[] {
  const { testGroups } = read(`wycheproof/${file}`) as { readonly testGroups: readonly Group[] };
  return testGroups.flatMap(({ publicKey, tests }) => tests.map((test) => ({ ...test, jwk: jwkOf(publicKey) })));
}

/** Creates a JWS whose signed bytes are the message of the test vector instead of a JWS signing input. */
function jwsOf(alg: string, { msg, sig }: Pick<Vector, 'msg' | 'sig'>): Jws {
  const signingInput = Buffer.from(msg, 'hex').toString('latin1');
  return { alg, kid: 'vector', payload: {}, payloadPart: '', signingInput, signature: Buffer.from(sig, 'hex') };
}

const keyOf = (jwk: object): TrustedKey => readKeySet({ keys: [{ ...jwk, kid: 'vector' }] })[0] as TrustedKey;

describe('Ed25519 (Wycheproof)', () => {
  const cases = casesOf('ed25519_test.json', ({ pk = '' }) => ({ kty: 'OKP', crv: 'Ed25519', x: base64url(pk) }));

  it.each(cases)('Wycheproof Ed25519 case $tcId is $result: $comment', ({ jwk, result, ...vector }) => {
    for (const alg of ['EdDSA', 'Ed25519']) expect(isSignedBy(jwsOf(alg, vector), keyOf(jwk))).toBe(result === 'valid');
    expect(isSignedBy(jwsOf('ES256', vector), keyOf(jwk))).toBe(false);
  });
});

describe('ECDSA P-256 with SHA-256, IEEE P1363 (Wycheproof)', () => {
  const cases = casesOf('ecdsa_secp256r1_sha256_p1363_test.json', ({ uncompressed = '' }) => ({
    ...{ kty: 'EC', crv: 'P-256' },
    x: base64url(uncompressed.slice(2, 66)),
    y: base64url(uncompressed.slice(66)),
  }));

  it.each(cases)('Wycheproof P-256 case $tcId is $result: $comment', ({ jwk, result, ...vector }) => {
    expect(isSignedBy(jwsOf('ES256', vector), keyOf(jwk))).toBe(result === 'valid');
    expect(isSignedBy(jwsOf('EdDSA', vector), keyOf(jwk))).toBe(false);
  });
});

describe('Ed25519 (RFC 8032 section 7.1)', () => {
  interface Signed {
    readonly name: string;
    readonly secretKey: string;
    readonly publicKey: string;
    readonly message: string;
    readonly signature: string;
  }
  const { tests } = read('rfc8032/rfc8032-7.1.json') as { readonly tests: readonly Signed[] };

  it.each(tests)(
    'the RFC 8032 example $name is signed as published, and verifies',
    ({ secretKey, publicKey, message, signature }) => {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) };
      const { privateKey } = readSigningKey({ ...jwk, d: base64url(secretKey.slice(0, 64)), kid: 'vector' });
      expect(sign(null, Buffer.from(message, 'hex'), privateKey).toString('hex')).toBe(signature);
      expect(isSignedBy(jwsOf('EdDSA', { msg: message, sig: signature }), keyOf(jwk))).toBe(true);
    },
  );
});
