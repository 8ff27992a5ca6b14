import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../src/shared/errors.ts';
import { contentOf, type MapContent } from '../../../src/shared/load/map-content.ts';
import { assertMapId, verifyTrust } from '../../../src/shared/load/verify-trust.ts';
import { createServiceMapSignature } from '../../../src/shared/map/signature.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import type { SignatureTrust } from '../../../src/shared/signatures/trust.ts';
import { entry, type Json, KEY, mapOf, NOW } from '../../helpers/signed-map.ts';
import { newKey, trustIn } from '../../helpers/signing-keys.ts';

const key = newKey('key');
const MAP = mapOf([entry('one')]);
const moment = { nowMs: NOW, maxSkewMs: 0, allowExpired: false };

type State = 'good' | 'bad' | 'absent';

/** Creates a map whose HMAC and signature are each good, bad or absent. */
function mapWith(hmac: State, signature: State): Json {
  const signed = { good: MAP, bad: { ...MAP, brand: 'another' }, absent: MAP }[signature];
  const { signatures } = signServiceMap(signed, { keys: [key] });
  const map = signature === 'absent' ? MAP : { ...MAP, signatures };
  const macs = { good: KEY, bad: 'another', absent: null };
  const secret = macs[hmac];
  return secret === null ? map : { ...map, signature: createServiceMapSignature(map, secret) };
}

/** Returns a short string that names the signers of a map, or the code of its rejection. */
function judged(map: Json, trust: SignatureTrust, content: MapContent = contentOf(map)): string {
  try {
    const { signers } = verifyTrust(content, { ...moment, trust });
    return [signers.hmacKey === null ? '' : 'hmac', ...signers.signatures.map(({ kid }) => kid)].join(' ').trim();
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

const [MISSING, MISMATCH, DOWNGRADED] = ['MAP_SIGNATURE_MISSING', 'MAP_SIGNATURE_MISMATCH', 'MAP_SIGNATURE_DOWNGRADED'];

describe('required signers of a map', () => {
  /**
   * Each row has the state of the HMAC, the state of the signature, and the results for the policies `hmac`,
   * `signature`, `either` and `both`. The last column has these results for a source that once served a signed map.
   */
  const table: readonly (readonly [State, State, readonly string[], readonly string[]])[] = [
    ['good', 'good', ['hmac', 'key', 'hmac key', 'hmac key'], ['hmac key', 'key', 'key', 'hmac key']],
    ['good', 'bad', ['hmac', MISMATCH, 'hmac', MISMATCH], [MISMATCH, MISMATCH, MISMATCH, MISMATCH]],
    ['good', 'absent', ['hmac', MISSING, 'hmac', MISSING], [DOWNGRADED, DOWNGRADED, DOWNGRADED, DOWNGRADED]],
    ['bad', 'good', [MISMATCH, 'key', 'key', MISMATCH], [MISMATCH, 'key', 'key', MISMATCH]],
    ['bad', 'bad', [MISMATCH, MISMATCH, MISMATCH, MISMATCH], [MISMATCH, MISMATCH, MISMATCH, MISMATCH]],
    ['bad', 'absent', [MISMATCH, MISSING, MISMATCH, MISSING], [DOWNGRADED, DOWNGRADED, DOWNGRADED, DOWNGRADED]],
    ['absent', 'good', [MISSING, 'key', 'key', MISSING], [MISSING, 'key', 'key', MISSING]],
    ['absent', 'bad', [MISSING, MISMATCH, MISMATCH, MISMATCH], [MISMATCH, MISMATCH, MISMATCH, MISMATCH]],
    ['absent', 'absent', [MISSING, MISSING, MISSING, MISSING], [DOWNGRADED, DOWNGRADED, DOWNGRADED, DOWNGRADED]],
  ];
  const policies = ['hmac', 'signature', 'either', 'both'] as const;

  it.each(table)(
    'each trust policy gives the expected result for a map whose HMAC is %s and whose signature is %s',
    (hmac, signature, first, seenSigned) => {
      const map = mapWith(hmac, signature);
      for (const [requiresSignature, expected] of [
        [false, first],
        [true, seenSigned],
      ] as const) {
        const trust = trustIn([key], { hmacKeys: [KEY], requiresSignature });
        expect(policies.map((accept) => judged(map, { ...trust, accept }))).toEqual(expected);
      }
    },
  );

  it.each(policies)('with the policy %s, a map fails verification if no keys are configured', (accept) => {
    const map = { ...mapWith('absent', 'good'), signature: createServiceMapSignature(MAP, '') };
    for (const hmacKeys of [[], ['']])
      expect(judged(map, trustIn([], { accept, hmacKeys }))).toMatch(/^MAP_SIGNATURE_/);
  });

  it.each(['signature', 'either', 'both'] as const)(
    'with the policy %s, a map that has a malformed signature is rejected',
    (accept) => {
      const map = { ...MAP, signatures: ['x'] };
      const signed = { ...map, signature: createServiceMapSignature(map, KEY) };
      expect(judged(signed, trustIn([key], { accept, hmacKeys: [KEY] }))).toBe('MAP_SIGNATURE_MALFORMED');
    },
  );

  it('a malformed member `signatures` is ignored if only the HMAC is required', () => {
    const map = { ...MAP, signatures: { of: 'somebody' } };
    const signed = { ...map, signature: createServiceMapSignature(map, KEY) };
    expect(judged(signed, trustIn([], { accept: 'hmac', hmacKeys: [KEY] }))).toBe('hmac');
  });
});

describe('multiple HMAC keys', () => {
  it('several HMAC keys are tried from newest to oldest, and the matching key is reported', () => {
    const map = mapWith('good', 'absent');
    const trust = trustIn([], { accept: 'hmac', hmacKeys: ['newest', KEY, 'oldest'] });
    expect(verifyTrust(contentOf(map), { ...moment, trust }).signers).toEqual({ hmacKey: 1, signatures: [] });
    expect(judged(map, { ...trust, hmacKeys: ['one', 'two'] })).toBe(MISMATCH);
  });

  it.each<[string, readonly string[], Partial<SignatureTrust>, readonly string[]]>([
    ['only up to the key that matches', [KEY, 'old'], { accept: 'hmac' }, [KEY]],
    ['one after the other', ['new', KEY], { accept: 'both' }, ['new', KEY]],
    ['never if only a signature is required', [KEY], { accept: 'signature' }, []],
    ['never if a signature is required and sufficient', [KEY], { accept: 'either', requiresSignature: true }, []],
  ])('the HMAC keys of a source are tried %s', (_, hmacKeys, more, expected) => {
    const map = mapWith('good', 'good');
    const content = contentOf(map);
    const asked: string[] = [];
    const macOf = (secret: string): Buffer => {
      asked.push(secret);
      return content.macOf(secret);
    };
    expect(judged(map, trustIn([key], { hmacKeys, ...more }), { ...content, macOf })).not.toMatch(/MAP/);
    expect(asked).toEqual(expected);
  });
});

describe('expiry of a signed map', () => {
  const boundsOf = (map: Json, trust: SignatureTrust, more = {}) =>
    verifyTrust(contentOf(map), { ...moment, ...more, trust });
  const end = { atMs: NOW + 3_600_000, code: 'MAP_EXPIRED' };

  it('a signature and the newest key document limit the validity of a map, unless only the HMAC is required', () => {
    const map = mapWith('good', 'good');
    const keysExpireAtMs = NOW + 5;
    const all = { hmacKeys: [KEY], keysExpireAtMs };
    expect(boundsOf(map, trustIn([key])).bounds).toEqual([end]);
    expect(boundsOf(map, trustIn([key], all)).bounds).toEqual([end, { atMs: NOW + 5, code: 'KEYS_EXPIRED' }]);
    expect(boundsOf(map, trustIn([key], { ...all, accept: 'hmac' })).bounds).toEqual([]);
  });

  it('a map with an expired signature is still valid if its HMAC is sufficient', () => {
    const map = mapWith('good', 'good');
    const trust = trustIn([{ ...key, exp: NOW / 1000 - 1 }], { hmacKeys: [KEY], accept: 'either' });
    expect(boundsOf(map, trust)).toEqual({ signers: { hmacKey: 0, signatures: [] }, bounds: [] });
    const unsigned = mapWith('bad', 'good');
    expect(boundsOf(unsigned, trust).bounds).toEqual([{ atMs: NOW - 1_000, code: 'MAP_KEY_EXPIRED' }]);
  });
});

describe('map id', () => {
  it('if a map id is configured for a source, a map with another id is rejected', () => {
    expect(() => assertMapId({ id: 'any' }, trustIn([]))).not.toThrow();
    expect(() => assertMapId({ id: 'mine' }, trustIn([], { mapId: 'mine' }))).not.toThrow();
    expect(() => assertMapId({ id: 'other' }, trustIn([], { mapId: 'mine' }))).toThrow(
      expect.objectContaining({ code: 'MAP_ID_MISMATCH' }),
    );
  });
});
