import { describe, expect, it } from 'vitest';
import { thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { readSigningKey } from '../../../src/shared/signatures/signing-key.ts';
import { newKey, publicJwk } from '../../helpers/signing-keys.ts';

const ed = newKey('ed');
const ec = newKey('ec', 'ES256');

describe('signing key', () => {
  it('a signing key may be a private Ed25519 or P-256 key with a kid', () => {
    for (const jwk of [ed, ec, { ...ed, use: 'sig', alg: 'Ed25519', key_ops: ['sign'] }]) {
      const { privateKey, ...key } = readSigningKey(jwk);
      expect(key).toMatchObject({ kid: jwk.kid, thumbprint: thumbprintOf(jwk) });
      expect(key.jwk).not.toHaveProperty('d');
      expect(privateKey.type).toBe('private');
    }
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', JSON.stringify(ed)],
    ['a list', [ed]],
    ['a public key', publicJwk(ed)],
    ['a key without a kid', { ...ed, kid: undefined }],
    ['a key of another curve', { ...ec, crv: 'P-384' }],
    ['a key for encryption', { ...ec, use: 'enc' }],
    ['a key for another algorithm', { ...ed, alg: 'ES256' }],
    ['a verify-only key', { ...ed, key_ops: ['verify'] }],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'x' }],
    ['a key with an invalid private half', { ...ed, d: 'AA' }],
    ['a key with the private half of another key', { ...ed, d: newKey('x').d }],
    ['a P-256 key with the private half of another key', { ...ec, d: newKey('x', 'ES256').d }],
  ])('a signing key must not be %s, and the rejection reveals nothing private', (_, jwk) => {
    const secret = String((jwk as { d?: unknown } | null)?.d ?? ed.d);
    expect(() => readSigningKey(jwk)).toThrow(
      expect.objectContaining({ code: 'KEYS_INVALID', message: expect.not.stringContaining(secret) }),
    );
  });
});
