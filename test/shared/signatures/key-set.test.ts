import { describe, expect, it } from 'vitest';
import { readKeySet, thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { jwksOf, newKey, publicJwk } from '../../helpers/signing-keys.ts';

const ed = newKey('ed');
const ec = newKey('ec', 'ES256');

const invalid = (place: RegExp | string = '') =>
  expect.objectContaining({ code: 'KEYS_INVALID', message: expect.stringMatching(place) });

describe('JWK set', () => {
  it('a JWK set yields its Ed25519 and P-256 keys as plain data', () => {
    const keys = readKeySet(jwksOf(ed, { ...ec, nbf: 10, exp: 20.5, use: 'sig', alg: 'ES256', key_ops: ['verify'] }));
    const [{ x: edX }, { x, y }] = [publicJwk(ed), publicJwk(ec)];
    expect(keys).toEqual([
      {
        kid: 'ed',
        alg: 'EdDSA',
        thumbprint: thumbprintOf(ed),
        jwk: { kty: 'OKP', crv: 'Ed25519', x: edX },
        notBeforeMs: null,
        expiresAtMs: null,
      },
      {
        kid: 'ec',
        alg: 'ES256',
        thumbprint: thumbprintOf(ec),
        jwk: { kty: 'EC', crv: 'P-256', x, y },
        notBeforeMs: 10_000,
        expiresAtMs: 20_500,
      },
    ]);
    expect(structuredClone(keys)).toEqual(keys);
  });

  it.each<[string, object]>([
    ['of an unknown kind', { kty: 'LWE', kid: 'x' }],
    ['of an unknown curve', { kty: 'OKP', crv: 'Ed448', x: 'AA', kid: 'x' }],
    ['of another curve', { ...publicJwk(ec), crv: 'P-384' }],
    ['of a curve that belongs to another kind', { ...publicJwk(ec), kty: 'OKP' }],
    ['whose curve is the name of an inherited member', { ...publicJwk(ec), crv: 'constructor' }],
    ['of RSA, without a kid', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }],
    ['for encryption', { ...publicJwk(ec), use: 'enc' }],
    ['for another algorithm', { ...publicJwk(ec), alg: 'ECDH-ES' }],
    ['for another algorithm of the same curve', { ...publicJwk(ed), alg: 'HS256' }],
    ['without the operation verify', { ...publicJwk(ec), key_ops: ['deriveKey'] }],
  ])('a JWK set leaves out a key %s', (_, jwk) => {
    expect(readKeySet({ keys: [jwk, publicJwk(newKey('good'))] }).map(({ kid }) => kid)).toEqual(['good']);
    expect(() => readKeySet({ keys: [jwk] })).toThrow(invalid('no Ed25519 or P-256 key'));
  });

  it.each(['EdDSA', 'Ed25519'])('a JWK set accepts %s as the algorithm of an Ed25519 key (RFC 9864)', (alg) => {
    expect(readKeySet(jwksOf({ ...ed, alg }))).toMatchObject([{ kid: 'ed', alg: 'EdDSA' }]);
  });

  it.each<[string, unknown, RegExp]>([
    ['null', null, /not a JWK set/],
    ['a list', [publicJwk(ed)], /not a JWK set/],
    ['a set without keys', {}, /not a JWK set/],
    ['an empty set', { keys: [] }, /no Ed25519 or P-256 key/],
    ['a key that is not an object', { keys: ['key'] }, /keys\[0\]/],
    ['a private key', { keys: [ed] }, /private \(it has `d`\)/],
    ['a shared secret', { keys: [publicJwk(ed), { kty: 'oct', k: 'c2VjcmV0' }] }, /keys\[1\] is private/],
    ['a key without a kid', { keys: [{ ...publicJwk(ed), kid: undefined }] }, /no kid/],
    ['a kid that is a number', { keys: [{ ...publicJwk(ed), kid: 7 }] }, /no kid/],
    ['an empty kid', { keys: [{ ...publicJwk(ed), kid: '' }] }, /no kid/],
    ['one kid for two keys', jwksOf(ed, { ...ec, kid: 'ed' }), /Two keys/],
    ['a coordinate in another spelling', { keys: [{ ...publicJwk(ed), x: `${publicJwk(ed).x}=` }] }, /`x`/],
    ['a coordinate that is too short', { keys: [{ ...publicJwk(ec), y: 'AQAB' }] }, /`y`/],
    ['a missing coordinate', { keys: [{ ...publicJwk(ec), y: undefined }] }, /`y`/],
    ['a point that is not on the curve', { keys: [{ ...publicJwk(ec), y: publicJwk(ec).x }] }, /not a point/],
    ['an expiry that is a string', { keys: [{ ...publicJwk(ed), exp: '2030-01-01' }] }, /`exp`/],
    ['too many keys', { keys: Array.from({ length: 257 }, () => ({})) }, /at most 256/],
  ])('a JWK set is rejected with KEYS_INVALID if it is or contains %s', (_, value, why) => {
    expect(() => readKeySet(value)).toThrow(invalid(why));
  });

  it.each(['00', '01', '0000000000000000000000000000000000000000000000000000000000000080', 'ec', 'ed', 'ee', 'ff'])(
    'a JWK set with the weak Ed25519 key %s is rejected, because anyone could forge signatures of this key',
    (hex) => {
      const bytes = Buffer.alloc(32);
      if (hex.length === 64) bytes.write(hex, 'hex');
      else bytes[0] = Number.parseInt(hex, 16);
      if (hex.length === 2 && hex > '01') bytes.fill(0xff, 1).writeUInt8(0x7f, 31);
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url'), kid: 'weak' };
      expect(() => readKeySet({ keys: [jwk] })).toThrow(invalid('small order'));
    },
  );

  it('the error about a key in a JWK set truncates a long kid', () => {
    const kid = `\u001b[31m"${'x'.repeat(100)}\u202e`;
    const keys = [ed, ec].map((key) => ({ ...publicJwk(key), kid }));
    expect(() => readKeySet({ keys })).toThrow(invalid(/^[^\p{Cc}\p{Cf}]{1,120}$/u));
  });
});

describe('JWK thumbprint', () => {
  it('the thumbprint of a JWK equals the example of RFC 7638 section 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn' +
      'jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM' +
      'QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ' +
      'zKnqDKgw';
    const jwk = { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' };
    expect(thumbprintOf(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('the thumbprint of a JWK equals the example of RFC 8037 appendix A.3', () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    expect(thumbprintOf(jwk)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('the thumbprint of a JWK is the same for the private and the public key, with any kid', () => {
    expect(thumbprintOf({ ...publicJwk(ec), kid: 'other' })).toBe(thumbprintOf(ec));
  });

  it.each([{}, { kty: 'oct', k: 'AA' }, { kty: 'EC', crv: 'P-256', x: 'AA' }, { kty: 'toString' }])(
    'the thumbprint of a JWK is refused for the invalid key %j',
    (jwk) => expect(() => thumbprintOf(jwk)).toThrow(invalid('no thumbprint')),
  );
});
