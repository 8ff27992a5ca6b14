import { createHmac, createPrivateKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { isSignedBy, KEY_DOCUMENT_JWS_TYPE, MAP_JWS_TYPE, readJws } from '../../../src/shared/signatures/jws.ts';
import { readKeySet } from '../../../src/shared/signatures/key-set.ts';
import { signJws } from '../../../src/shared/signatures/sign-jws.ts';
import { readSigningKey } from '../../../src/shared/signatures/signing-key.ts';
import type { TrustedKey } from '../../../src/shared/signatures/trust.ts';
import { jwksOf, newKey, type PrivateJwk, publicJwk } from '../../helpers/signing-keys.ts';

const ed = newKey('ed');
const ec = newKey('ec', 'ES256');
const PAYLOAD = { map: 'm' };

const trusted = (key: PrivateJwk): TrustedKey => readKeySet(jwksOf(key))[0] as TrustedKey;
const read = (text: unknown): ReturnType<typeof readJws> => readJws(text, MAP_JWS_TYPE);
const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');
const malformed = (why: RegExp | string = '') =>
  expect.objectContaining({ code: 'MAP_SIGNATURE_MALFORMED', message: expect.stringMatching(why) });

/** Creates a JWS with any header and payload text, signed by `ed`. */
function jwsOf(header: unknown, payload: string = JSON.stringify(PAYLOAD)): string {
  const input = `${base64url(typeof header === 'string' ? header : JSON.stringify(header))}.${base64url(payload)}`;
  return `${input}.${base64url(sign(null, Buffer.from(input), createPrivateKey({ key: { ...ed }, format: 'jwk' })))}`;
}

const HEADER = { alg: 'EdDSA', kid: 'ed', typ: MAP_JWS_TYPE };
const GOOD = jwsOf(HEADER);
const [headerPart = '', payloadPart = '', signaturePart = ''] = GOOD.split('.');

describe('published JWS examples', () => {
  it('a JWS created here equals the published Ed25519 signature of RFC 8037 appendix A.4, and verifies', () => {
    const d = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A';
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
    const signed =
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.' +
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    const [header = '', payload = '', signature = ''] = signed.split('.');
    const key = readSigningKey({ kty: 'OKP', crv: 'Ed25519', d, x, kid: 'rfc8037' });
    expect(base64url(sign(null, Buffer.from(`${header}.${payload}`), key.privateKey))).toBe(signature);
    const [publicKey] = readKeySet({ keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'rfc8037' }] });
    const jws = { ...read(GOOD), signingInput: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') };
    expect(isSignedBy(jws, publicKey as TrustedKey)).toBe(true);
    expect(isSignedBy({ ...jws, alg: 'Ed25519' }, publicKey as TrustedKey)).toBe(true);
    expect(isSignedBy({ ...jws, signingInput: `${header}.${payload}A` }, publicKey as TrustedKey)).toBe(false);
  });

  it('the published ES256 signature of RFC 7515 appendix A.3 verifies', () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      kid: 'rfc7515',
    };
    const signingInput =
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn' +
      'VlfQ';
    const signature = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';
    const key = readKeySet({ keys: [jwk] })[0] as TrustedKey;
    const jws = { ...read(GOOD), alg: 'ES256', signingInput, signature: Buffer.from(signature, 'base64url') };
    expect(isSignedBy(jws, key)).toBe(true);
    expect(isSignedBy({ ...jws, alg: 'EdDSA' }, key)).toBe(false);
    expect(isSignedBy({ ...jws, signingInput: `${signingInput}A` }, key)).toBe(false);
  });

  it('only Ed25519 and EdDSA are accepted as the algorithm of an Ed25519 key (RFC 9864)', () => {
    for (const alg of ['EdDSA', 'Ed25519']) expect(isSignedBy(read(jwsOf({ ...HEADER, alg })), trusted(ed))).toBe(true);
    for (const alg of ['Ed448', 'ESP256', 'ES256', 'eddsa', 'ED25519', 'HS256'])
      expect(isSignedBy(read(jwsOf({ ...HEADER, alg })), trusted(ed)), alg).toBe(false);
  });
});

describe('jose library', () => {
  const anyPayload = fc.record({
    map: fc.string({ unit: 'grapheme' }),
    exp: fc.integer(),
    more: fc.array(fc.string(), { maxLength: 4 }),
  });
  const anyKey = fc.constantFrom(ed, ec);

  it('the jose library verifies every signature that was created here', async () => {
    await fc.assert(
      fc.asyncProperty(anyPayload, anyKey, async (payload, key) => {
        const jws = signJws(payload, readSigningKey(key), MAP_JWS_TYPE);
        const { payload: bytes, protectedHeader } = await compactVerify(
          jws,
          await importJWK(publicJwk(key), key === ed ? 'EdDSA' : 'ES256'),
        );
        expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(payload);
        expect(protectedHeader).toEqual({ alg: key === ed ? 'EdDSA' : 'ES256', kid: key.kid, typ: MAP_JWS_TYPE });
      }),
    );
  });

  it('a signature by the jose library verifies here with the key that signed it, and with no other key', async () => {
    const names = fc.constantFrom('EdDSA', 'Ed25519');
    await fc.assert(
      fc.asyncProperty(anyPayload, anyKey, names, async (payload, key, name) => {
        const alg = key === ed ? name : 'ES256';
        const text = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
          .setProtectedHeader({ alg, kid: key.kid, typ: MAP_JWS_TYPE })
          .sign(await importJWK({ ...key, alg }));
        const jws = read(text);
        expect(jws).toMatchObject({ alg, kid: key.kid, payload });
        expect([ed, ec].map((other) => isSignedBy(jws, trusted(other)))).toEqual([key === ed, key === ec]);
      }),
    );
  });
});

describe('JWS', () => {
  it.each<[string, unknown]>([
    ['not a string', 7],
    ['empty', ''],
    ['of two parts', `${headerPart}.${payloadPart}`],
    ['of four parts', `${GOOD}.`],
    [
      'in JSON serialization',
      JSON.stringify({ protected: headerPart, payload: payloadPart, signature: signaturePart }),
    ],
    ['longer than 8 KiB', jwsOf(HEADER, JSON.stringify({ x: 'x'.repeat(8_192) }))],
    ['unsigned', `${headerPart}.${payloadPart}.`],
    ['padded', `${GOOD}==`],
    ['followed by a line feed', `${GOOD}\n`],
    ['preceded by a space', ` ${GOOD}`],
    ['encoded in base64', `${headerPart}.${payloadPart}.${Buffer.from(signaturePart, 'base64url').toString('base64')}`],
    ['spelled with stray bits', `${GOOD.slice(0, -1)}${nextLetter(GOOD.at(-1) ?? '')}`],
    ['of an impossible length', `${GOOD}AAA`],
    ['signed over a payload that is not JSON', jwsOf(HEADER, 'hello')],
    ['signed over a list', jwsOf(HEADER, '[]')],
    ['signed over an empty payload', jwsOf(HEADER, '')],
    ['signed over a duplicate member', jwsOf(HEADER, '{"map":"m","map":"n"}')],
    [
      'signed over text that is not UTF-8',
      `${headerPart}.${base64url(Uint8Array.of(0x22, 0xff, 0x22))}.${signaturePart}`,
    ],
  ])('a JWS is rejected if it is %s', (_, text) => {
    expect(() => read(text)).toThrow(malformed());
  });

  it.each<[string, unknown]>([
    ['that is not an object', []],
    ['that is not JSON', 'alg: EdDSA'],
    ['without alg', { ...HEADER, alg: undefined }],
    ['with an empty alg', { ...HEADER, alg: '' }],
    ['with a list of algorithms', { ...HEADER, alg: ['EdDSA'] }],
    ['with the alg none', { ...HEADER, alg: 'none' }],
    ['with the alg nOnE', { ...HEADER, alg: 'nOnE' }],
    ['without kid', { ...HEADER, kid: undefined }],
    ['with an empty kid', { ...HEADER, kid: '' }],
    ['with a kid that is a number', { ...HEADER, kid: 1 }],
    ['without typ', { ...HEADER, typ: undefined }],
    ['with the typ of key documents', { ...HEADER, typ: 'service-map-keys+jws' }],
    ['with the typ in capitals', { ...HEADER, typ: 'Service-Map+JWS' }],
    ['with an empty crit', { ...HEADER, crit: [] }],
    ['with a known crit', { ...HEADER, crit: ['exp'], exp: 1 }],
    ['with b64', { ...HEADER, b64: true }],
    ['with its key in jwk', { ...HEADER, jwk: publicJwk(ed) }],
    ['with jwk null', { ...HEADER, jwk: null }],
    ['with jku', { ...HEADER, jku: 'https://example.com/keys' }],
    ['with x5u', { ...HEADER, x5u: 'https://example.com/certificate' }],
    ['with x5c', { ...HEADER, x5c: [] }],
    ['with x5t', { ...HEADER, x5t: 'AA' }],
    ['with x5t#S256', { ...HEADER, 'x5t#S256': 'AA' }],
    ['with two algorithms', `{"alg":"HS256","alg":"EdDSA","kid":"ed","typ":"${MAP_JWS_TYPE}"}`],
    ['with a second kid in another spelling', `{"alg":"EdDSA","kid":"ed","\\u006bid":"x","typ":"${MAP_JWS_TYPE}"}`],
    ['with a BOM', `\ufeff${JSON.stringify(HEADER)}`],
    ['with __proto__', `{"__proto__":{},"alg":"EdDSA","kid":"ed","typ":"${MAP_JWS_TYPE}"}`],
  ])('a JWS is rejected if it has a header %s', (_, header) => {
    expect(() => read(jwsOf(header))).toThrow(malformed());
  });

  it('a malformed JWS is rejected with the error code and the wording of its document type', () => {
    const form = { code: 'KEYS_INVALID', subject: 'the key document', maxLength: 65_536 } as const;
    const refused = expect.objectContaining({
      code: 'KEYS_INVALID',
      message: expect.stringMatching('A signature of the key document is malformed: the `typ` in its header'),
    });
    expect(() => readJws(GOOD, KEY_DOCUMENT_JWS_TYPE, form)).toThrow(refused);
    expect(readJws(jwsOf(HEADER, JSON.stringify({ x: 'x'.repeat(9_000) })), MAP_JWS_TYPE, form).kid).toBe('ed');
  });

  it('a JWS may contain irrelevant header members (RFC 7515 section 4)', () => {
    expect(isSignedBy(read(jwsOf({ ...HEADER, cty: 'json', iat: 1 })), trusted(ed))).toBe(true);
  });
});

describe('JWS signature check', () => {
  it.each(['HS256', 'HS512'])('an %s JWS that uses the bytes of the public key as its secret is rejected', (alg) => {
    for (const key of [ed, ec]) {
      const { thumbprint, jwk } = trusted(key);
      const secrets = [jwk.x ?? '', Buffer.from(jwk.x ?? '', 'base64url'), JSON.stringify(publicJwk(key)), thumbprint];
      for (const secret of secrets) {
        const input = `${base64url(JSON.stringify({ ...HEADER, alg, kid: key.kid }))}.${payloadPart}`;
        const mac = createHmac(`sha${alg.slice(2)}`, secret)
          .update(input)
          .digest('base64url');
        expect(isSignedBy(read(`${input}.${mac}`), trusted(key))).toBe(false);
      }
    }
  });

  it('an ES256 signature in DER is rejected, because RFC 7518 section 3.4 requires 64 bytes', () => {
    const privateKey = createPrivateKey({ key: { ...ec }, format: 'jwk' });
    const input = `${base64url(JSON.stringify({ ...HEADER, alg: 'ES256', kid: 'ec' }))}.${payloadPart}`;
    const der = sign('sha256', Buffer.from(input), privateKey);
    expect(isSignedBy(read(`${input}.${base64url(der)}`), trusted(ec))).toBe(false);
    const raw = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    expect(isSignedBy(read(`${input}.${base64url(raw)}`), trusted(ec))).toBe(true);
  });

  it('the ES256 signature (r, n − s) is accepted, although anyone can derive it from (r, s) without the key', () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const jws = read(signJws(PAYLOAD, readSigningKey(ec), MAP_JWS_TYPE));
    const s = BigInt(`0x${Buffer.from(jws.signature).subarray(32).toString('hex')}`);
    const mirrored = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
    const signature = Buffer.concat([jws.signature.subarray(0, 32), mirrored]);
    expect(isSignedBy({ ...jws, signature }, trusted(ec))).toBe(true);
    expect(isSignedBy({ ...jws, signature: Buffer.concat([signature, Buffer.of(0)]) }, trusted(ec))).toBe(false);
  });

  it.each([0, 255])('a signature of 64 bytes of %d is rejected', (byte) => {
    for (const [alg, key] of [
      ['EdDSA', ed],
      ['ES256', ec],
    ] as const)
      expect(isSignedBy({ ...read(GOOD), alg, signature: Buffer.alloc(64, byte) }, trusted(key))).toBe(false);
  });
});

/** Returns the base64url letter that differs from `letter` in the last bit. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return letters[letters.indexOf(letter) ^ 1] ?? '';
}
