import { createHmac, createPrivateKey, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../../../src/shared/load/map-content.ts';
import { judgeSignatures, type SignatureMoment } from '../../../src/shared/signatures/map-signatures.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import type { SignatureTrust } from '../../../src/shared/signatures/trust.ts';
import { entry, type Json, mapOf, NOW } from '../../helpers/signed-map.ts';
import { newKey, type PrivateJwk, publicJwk, trustIn } from '../../helpers/signing-keys.ts';

const [a, b, c] = [newKey('a'), newKey('b', 'ES256'), newKey('c')];
const stranger = newKey('stranger');
const MAP = mapOf([entry('one')]);
const END = NOW + 3_600_000;
const MOMENT: SignatureMoment = { nowMs: NOW, maxSkewMs: 0, allowExpired: false };
const TYP = 'service-map+jws';

/** Returns the signatures of a map by these keys. */
function signaturesOf(map: Json, ...keys: readonly PrivateJwk[]): readonly string[] {
  return signServiceMap(map, { keys }).signatures ?? [];
}

const DIGEST = contentOf(MAP).digest();
const STATEMENT = { map: MAP.id, generatedAt: MAP.generatedAt, exp: END / 1000, digest: DIGEST };

/** Creates a signature with any header and payload. */
function forged(key: PrivateJwk, payload: object | string, header: object = {}): string {
  const alg = key.crv === 'P-256' ? 'ES256' : 'EdDSA';
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const parts = [JSON.stringify({ alg, kid: key.kid, typ: TYP, ...header }), text];
  const input = parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' });
  const signature =
    alg === 'EdDSA'
      ? sign(null, Buffer.from(input), privateKey)
      : sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** Returns the signers, or the code of the error. */
function judged(
  signatures: unknown,
  trust: SignatureTrust = trustIn([a, b, c]),
  moment: Partial<SignatureMoment> = {},
  map: Json = MAP,
): unknown {
  try {
    const verdict = judgeSignatures(contentOf({ ...map, signatures }), trust, { ...MOMENT, ...moment });
    return verdict.isEnough ? verdict.signers.map(({ kid }) => kid) : verdict.error.code;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('map signatures', () => {
  it('the signature of each trusted key counts as one signer of a map', () => {
    expect(judged(signaturesOf(MAP, a))).toEqual(['a']);
    expect(judged(signaturesOf(MAP, a, b, c))).toEqual(['a', 'b', 'c']);
    expect(judged([...signaturesOf(MAP, stranger), ...signaturesOf(MAP, b)])).toEqual(['b']);
  });

  it('a map signature is accepted under either algorithm name, Ed25519 or EdDSA (RFC 9864)', () => {
    for (const alg of ['EdDSA', 'Ed25519']) expect(judged([forged(a, STATEMENT, { alg })])).toEqual(['a']);
  });

  it('a map signature may contain additional members', () => {
    expect(judged([forged(a, { ...STATEMENT, iat: 1, note: {} }, { cty: 'json' })])).toEqual(['a']);
  });

  it.each<[string, string, unknown]>([
    ['MAP_SIGNATURE_MISSING', 'there is no list', undefined],
    ['MAP_SIGNATURE_MALFORMED', 'the list is empty', []],
    ['MAP_SIGNATURE_MALFORMED', 'the list is null', null],
    ['MAP_SIGNATURE_MALFORMED', 'the list is a string', signaturesOf(MAP, a)[0]],
    ['MAP_SIGNATURE_MALFORMED', 'the list is an object', { 0: signaturesOf(MAP, a)[0] }],
    ['MAP_SIGNATURE_MALFORMED', 'there are 17 signatures', Array.from({ length: 17 }, () => signaturesOf(MAP, a)[0])],
    ['MAP_SIGNATURE_MALFORMED', 'one of three is not a signature', [...signaturesOf(MAP, a, b), 'x.y.z']],
    ['MAP_SIGNATURE_MALFORMED', 'one of two is null', [...signaturesOf(MAP, a), null]],
    [
      'MAP_SIGNATURE_MALFORMED',
      'one of two has the algorithm none',
      [...signaturesOf(MAP, a), forged(b, STATEMENT, { alg: 'none' })],
    ],
    [
      'MAP_SIGNATURE_MALFORMED',
      'a header contains its key',
      [forged(stranger, STATEMENT, { kid: 'a', jwk: publicJwk(stranger) })],
    ],
    [
      'MAP_SIGNATURE_MALFORMED',
      'a header names a URL for its key',
      [forged(a, STATEMENT, { jku: 'https://example.com/keys' })],
    ],
    ['MAP_SIGNATURE_MALFORMED', 'a critical header is unknown', [forged(a, STATEMENT, { crit: ['x'], x: 1 })]],
    [
      'MAP_SIGNATURE_MALFORMED',
      'it is a signature of a key document',
      [forged(a, STATEMENT, { typ: 'service-map-keys+jws' })],
    ],
    ['MAP_SIGNATURE_MALFORMED', 'it is a signature of an access token', [forged(a, STATEMENT, { typ: 'at+jwt' })]],
    [
      'MAP_SIGNATURE_MALFORMED',
      'a payload member occurs twice',
      [forged(a, JSON.stringify(STATEMENT).replace('{', '{"map":"other",'))],
    ],
    ['MAP_SIGNATURE_MALFORMED', 'the payload has no digest', [forged(a, { ...STATEMENT, digest: undefined })]],
    [
      'MAP_SIGNATURE_MALFORMED',
      'the digest uses another algorithm',
      [forged(a, { ...STATEMENT, digest: DIGEST.replace('256', '512') })],
    ],
    ['MAP_SIGNATURE_MALFORMED', 'the digest is padded', [forged(a, { ...STATEMENT, digest: `${DIGEST}=` })]],
    ['MAP_SIGNATURE_MALFORMED', 'exp is a string', [forged(a, { ...STATEMENT, exp: String(STATEMENT.exp) })]],
    ['MAP_SIGNATURE_MALFORMED', 'exp is missing', [forged(a, { ...STATEMENT, exp: undefined })]],
    ['MAP_SIGNATURE_MALFORMED', 'map is a number', [forged(a, { ...STATEMENT, map: 1 })]],
    ['MAP_SIGNATURE_MALFORMED', 'generatedAt is a number', [forged(a, { ...STATEMENT, generatedAt: NOW })]],
    ['MAP_SIGNATURE_UNTRUSTED', 'an unknown key signed', signaturesOf(MAP, stranger)],
    [
      'MAP_SIGNATURE_UNTRUSTED',
      'the kid is the name of an inherited member',
      [forged(a, STATEMENT, { kid: '__proto__' })],
    ],
    ['MAP_SIGNATURE_UNTRUSTED', 'the algorithm is that of another key', [forged(a, STATEMENT, { alg: 'ES256' })]],
    ['MAP_SIGNATURE_UNTRUSTED', 'the algorithm is Ed448', [forged(a, STATEMENT, { alg: 'Ed448' })]],
    ['MAP_SIGNATURE_MISMATCH', 'an unknown key signed with the kid a', [forged(stranger, STATEMENT, { kid: 'a' })]],
    ['MAP_SIGNATURE_MISMATCH', 'it signs other content', signaturesOf(mapOf([entry('two')]), a)],
    [
      'MAP_SIGNATURE_MISMATCH',
      'it signs another generatedAt',
      [forged(a, { ...STATEMENT, generatedAt: '2026-11-22T12:00:00Z' })],
    ],
    [
      'MAP_SIGNATURE_MISMATCH',
      'it is valid for longer than the map',
      [forged(a, { ...STATEMENT, exp: END / 1000 + 1 })],
    ],
    ['MAP_SIGNATURE_MISMATCH', 'it is valid forever', [forged(a, { ...STATEMENT, exp: 1e300 })]],
    ['MAP_ID_MISMATCH', 'it signs another map', signaturesOf(mapOf([entry('one')], { id: 'other' }), a)],
  ])('map signatures are rejected with %s if %s', (code, _, signatures) => {
    expect(judged(signatures)).toBe(code);
  });

  it.each(['HS256', 'HS384', 'HS512'])(
    'a map signature with the algorithm %s and the bytes of a public key as its secret never counts',
    (alg) => {
      const input = [{ alg, kid: 'a', typ: TYP }, STATEMENT]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      for (const secret of [String(a.x), Buffer.from(String(a.x), 'base64url'), JSON.stringify(publicJwk(a))]) {
        const mac = createHmac(`sha${alg.slice(2)}`, secret)
          .update(input)
          .digest('base64url');
        expect(judged([`${input}.${mac}`])).toBe('MAP_SIGNATURE_UNTRUSTED');
      }
    },
  );

  it('the rejection of map signatures names the untrusted kids, without terminal control characters', () => {
    const kids = ['\u001b[31mred', 'two"', '\u202ethree', 'four', 'five', 'x'.repeat(500)];
    const verdict = judgeSignatures(
      contentOf({ ...MAP, signatures: kids.map((kid) => forged(stranger, STATEMENT, { kid })) }),
      trustIn([a]),
      MOMENT,
    );
    if (verdict.isEnough) throw new Error('enough');
    expect(verdict.error.message).toMatch(/"four" and 2 more/);
    expect(verdict.error.message).toMatch(/^[^\p{Cc}\p{Cf}]{1,400}$/u);
  });

  it('a map without signatures is rejected with MAP_SIGNATURE_DOWNGRADED if its source once served a signed map', () => {
    expect(judged(undefined, trustIn([a], { requiresSignature: true }))).toBe('MAP_SIGNATURE_DOWNGRADED');
  });
});

describe('signature threshold', () => {
  const two = (keys: readonly PrivateJwk[], more: Partial<SignatureTrust> = {}): SignatureTrust =>
    trustIn(keys, { threshold: 2, ...more });

  it('the signature threshold of a map is reached only by different keys', () => {
    expect(judged(signaturesOf(MAP, a, b), two([a, b]))).toEqual(['a', 'b']);
    expect(judged(signaturesOf(MAP, a), two([a, b]))).toBe('MAP_SIGNATURE_UNTRUSTED');
    expect(judged([...signaturesOf(MAP, a), ...signaturesOf(MAP, a)], two([a, b]))).toBe('MAP_SIGNATURE_UNTRUSTED');
    expect(judged([...signaturesOf(MAP, b), ...signaturesOf(MAP, b)], two([a, b]))).toBe('MAP_SIGNATURE_UNTRUSTED');
  });

  it('two kids of one key do not reach a signature threshold of two', () => {
    const again = { ...a, kid: 'a-again' };
    expect(judged(signaturesOf(MAP, a, again), two([a, again, b]))).toBe('MAP_SIGNATURE_UNTRUSTED');
    expect(judged(signaturesOf(MAP, a, again, b), two([a, again, b]))).toHaveLength(2);
  });

  it.each<[string, readonly string[]]>([
    ['MAP_KEY_REVOKED', [...signaturesOf(MAP, c), forged(b, { ...STATEMENT, digest: `sha-256:${'A'.repeat(43)}` })]],
    [
      'MAP_SIGNATURE_MISMATCH',
      [...signaturesOf(MAP, a), forged(b, { ...STATEMENT, digest: `sha-256:${'A'.repeat(43)}` })],
    ],
    ['MAP_SIGNATURE_MISMATCH', [...signaturesOf(MAP, stranger), forged(stranger, STATEMENT, { kid: 'a' })]],
    ['MAP_SIGNATURE_UNTRUSTED', signaturesOf(MAP, a, stranger)],
  ])(
    'if a map does not reach its signature threshold, the most informative reason is reported: %s',
    (code, signatures) => {
      const trust = two([a, b, c]);
      const revoked = trust.keys.filter(({ kid }) => kid === 'c').map(({ thumbprint }) => thumbprint);
      expect(judged(signatures, { ...trust, revoked })).toBe(code);
    },
  );

  it('a signature threshold of 0 or less still requires one signature', () => {
    for (const threshold of [0, -1, Number.NaN])
      expect(judged(signaturesOf(MAP, stranger), trustIn([a], { threshold }))).toBe('MAP_SIGNATURE_UNTRUSTED');
  });
});

describe('revoked signing key', () => {
  it('a revoked key does not count as a signer, even if only its thumbprint is known', () => {
    const { keys } = trustIn([a]);
    const revoked = keys.map(({ thumbprint }) => thumbprint);
    expect(judged(signaturesOf(MAP, a), trustIn([a], { revoked }))).toBe('MAP_KEY_REVOKED');
    expect(judged(signaturesOf(MAP, a), trustIn([a], { revoked }), { allowExpired: true })).toBe('MAP_KEY_REVOKED');
    const named = { ...a, kid: String(revoked[0]) };
    expect(judged(signaturesOf(MAP, named), trustIn([b], { revoked }))).toBe('MAP_KEY_REVOKED');
    expect(judged(signaturesOf(MAP, a, b), trustIn([a, b], { revoked }))).toEqual(['b']);
  });

  it('a signing key is revoked under each of its kids', () => {
    const again = { ...a, kid: 'a-again' };
    const revoked = trustIn([a]).keys.map(({ thumbprint }) => thumbprint);
    expect(judged(signaturesOf(MAP, again), trustIn([again], { revoked }))).toBe('MAP_KEY_REVOKED');
  });
});

describe('validity periods of keys and signatures', () => {
  const at = (nbf: number | undefined, exp: number | undefined): PrivateJwk => ({ ...a, nbf, exp });
  const seconds = NOW / 1000;

  it('a key that is not valid yet does not count as a signer, except within the clock skew', () => {
    const trust = trustIn([at(seconds + 10, undefined)]);
    expect(judged(signaturesOf(MAP, a), trust)).toBe('MAP_KEY_EXPIRED');
    expect(judged(signaturesOf(MAP, a), trust, { maxSkewMs: 10_000 })).toEqual(['a']);
    expect(judged(signaturesOf(MAP, a), trust, { nowMs: NOW + 10_000 })).toEqual(['a']);
  });

  /** Returns the time when a map expires, and the error code after that time. */
  function boundOf(signatures: readonly string[], trust: SignatureTrust, moment: Partial<SignatureMoment> = {}) {
    const verdict = judgeSignatures(contentOf({ ...MAP, signatures }), trust, { ...MOMENT, ...moment });
    return verdict.isEnough ? [verdict.bound.atMs, verdict.bound.code] : verdict.error.code;
  }

  it('a map signature expires at its `exp` or together with its key, whichever is earlier', () => {
    const early = [forged(a, { ...STATEMENT, exp: seconds + 60.5 })];
    expect(boundOf(early, trustIn([a]))).toEqual([NOW + 60_500, 'MAP_EXPIRED']);
    expect(boundOf(early, trustIn([at(undefined, seconds + 61)]))).toEqual([NOW + 60_500, 'MAP_EXPIRED']);
    expect(boundOf(early, trustIn([at(undefined, seconds + 60)]))).toEqual([NOW + 60_000, 'MAP_KEY_EXPIRED']);
    expect(boundOf(signaturesOf(MAP, a), trustIn([a]))).toEqual([END, 'MAP_EXPIRED']);
  });

  it('a signed map expires when fewer than `threshold` signatures are still valid', () => {
    const keys = [a, { ...b, exp: seconds + 20 }, { ...c, exp: seconds + 10 }];
    const signatures = signaturesOf(MAP, a, b, c);
    const bounds = [1, 2, 3].map((threshold) => boundOf(signatures, trustIn(keys, { threshold })));
    expect(bounds).toEqual([
      [END, 'MAP_EXPIRED'],
      [NOW + 20_000, 'MAP_KEY_EXPIRED'],
      [NOW + 10_000, 'MAP_KEY_EXPIRED'],
    ]);
  });

  it('of two map signatures by one key, the signature that expires later is used', () => {
    const [short, long] = [60, 120].map((more) => forged(a, { ...STATEMENT, exp: seconds + more }));
    for (const signatures of [
      [short, long],
      [long, short],
    ])
      expect(boundOf(signatures as string[], trustIn([a]))).toEqual([NOW + 120_000, 'MAP_EXPIRED']);
  });

  it('a map is rejected with MAP_KEY_EXPIRED if it lacks a signature and one of its signing keys has expired', () => {
    const trust = trustIn([at(undefined, seconds - 1), b], { threshold: 2 });
    expect(judged(signaturesOf(MAP, a, stranger), trust)).toBe('MAP_KEY_EXPIRED');
    expect(judged(signaturesOf(MAP, a, stranger), trust, { allowExpired: true })).toBe('MAP_SIGNATURE_UNTRUSTED');
  });
});
