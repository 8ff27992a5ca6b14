import { CompactSign, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { KEY_DOCUMENT_JWS_TYPE, MAP_JWS_TYPE } from '../../../src/shared/signatures/jws.ts';
import {
  createKeyDocument,
  MAX_KEY_DOCUMENT_BYTES,
  peekKeyDocumentVersion,
  readKeyDocument,
} from '../../../src/shared/signatures/key-document.ts';
import { thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { readSigningKey } from '../../../src/shared/signatures/signing-key.ts';
import { type DocumentChange, payloadOf, signedBy } from '../../helpers/key-documents.ts';
import { jwksOf, newKey, publicJwk } from '../../helpers/signing-keys.ts';

const a = newKey('a');
const b = newKey('b', 'ES256');
const invalid = (why: RegExp | string = '') =>
  expect.objectContaining({ code: 'KEYS_INVALID', message: expect.stringMatching(why) });

/** Creates a JWS of any payload text, signed with `jose`. */
async function joseSigned(payload: string, header: object = {}): Promise<string> {
  return new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'EdDSA', kid: 'a', typ: KEY_DOCUMENT_JWS_TYPE, ...header })
    .sign(await importJWK({ ...a }, 'EdDSA'));
}

const textOf = async (payload: unknown): Promise<string> =>
  JSON.stringify({ signatures: [await joseSigned(JSON.stringify(payload))] });
const PAYLOAD = payloadOf(3, [a, b]);

describe('key document', () => {
  it('parsing a key document returns what it was created with', () => {
    const payload = payloadOf(3, [a, b], { expires: '2027-01-31T12:00:00+01:00', threshold: 2 });
    const text = JSON.stringify(signedBy([a, b], payload));
    const document = readKeyDocument(text);
    expect(document).toMatchObject({ version: 3, threshold: 2, revoked: [], text });
    expect(document.expiresAtMs).toBe(Date.parse('2027-01-31T11:00:00Z'));
    expect(document.keys.map(({ kid, alg }) => [kid, alg])).toEqual([
      ['a', 'EdDSA'],
      ['b', 'ES256'],
    ]);
    expect(document.roots).toEqual(document.keys);
    expect(document.signatures.map(({ kid }) => kid)).toEqual(['a', 'b']);
    expect(readKeyDocument(new TextEncoder().encode(text))).toEqual(document);
  });

  it('a key document may be signed by other software, and may have unknown members', async () => {
    const { revoked: _, ...payload } = { ...PAYLOAD, note: 'a member of a later version' };
    expect(readKeyDocument(await textOf(payload))).toMatchObject({ version: 3, revoked: [] });
    const signature = await joseSigned(JSON.stringify(PAYLOAD));
    expect(readKeyDocument(JSON.stringify({ comment: 'made by hand', signatures: [signature] })).version).toBe(3);
  });

  it('a key document may contain keys of unsupported kinds, but not as roots', async () => {
    const rsa = { kty: 'RSA', kid: 'rsa', n: 'AQAB', e: 'AQAB' };
    const keys = { keys: [publicJwk(a), rsa] };
    expect(readKeyDocument(await textOf({ ...payloadOf(1, [a]), keys })).keys.map(({ kid }) => kid)).toEqual(['a']);
    const text = await textOf({ ...payloadOf(1, [a]), keys, roots: ['a', 'rsa'] });
    expect(() => readKeyDocument(text)).toThrow(invalid('`roots` names "rsa", which is not among its usable keys'));
  });

  it('reading a key document removes the revoked keys from the lists of keys and roots', () => {
    const revoked = [thumbprintOf(publicJwk(b))];
    const document = readKeyDocument(JSON.stringify(signedBy([a], payloadOf(1, [a, b], { revoked }))));
    expect(document.keys.map(({ kid }) => kid)).toEqual(['a']);
    expect(document.roots.map(({ kid }) => kid)).toEqual(['a']);
    expect(document.revoked).toEqual(revoked);
    expect(document.revokedKeys.map(({ kid }) => kid)).toEqual(['b']);
    const tooFew = payloadOf(1, [a, b], { revoked, threshold: 2 });
    expect(() => signedBy([a, b], tooFew)).toThrow(
      invalid('its threshold is 2, but its number of unrevoked roots is 1'),
    );
  });

  it('a key document counts a key with two kids as one root', () => {
    const twice = [a, { ...a, kid: 'a2' }];
    expect(() => signedBy(twice, payloadOf(1, twice, { threshold: 2 }))).toThrow(
      invalid('its threshold is 2, but its number of unrevoked roots is 1'),
    );
  });

  it.each<[string, DocumentChange & Record<string, unknown>, RegExp]>([
    ['version 0', { version: 0 }, /`version`/],
    ['a version that is not an integer', { version: 1.5 }, /`version`/],
    ['a version beyond the safe integers', { version: 2 ** 53 }, /`version`/],
    ['a version in a string', { version: '3' as never }, /`version`/],
    ['no version', { version: undefined as never }, /`version`/],
    ['no expiry', { expires: undefined as never }, /`expires`/],
    ['an expiry that is not a valid instant', { expires: '2027-02-30T00:00:00Z' }, /`expires`/],
    ['an expiry without a time zone', { expires: '2027-02-28T00:00:00' }, /`expires`/],
    ['an expiry in seconds', { expires: 1_800_000_000 as never }, /`expires`/],
    ['no roots', { roots: [] }, /`roots`/],
    ['roots that are not an array', { roots: 'a' as never }, /`roots`/],
    ['a root that is not a string', { roots: [1] as never }, /`roots\[0\]`/],
    ['a root that is not among its keys', { roots: ['c'] }, /`roots` names "c"/],
    ['a root that is named twice', { roots: ['a', 'a'] }, /names a key twice/],
    ['threshold 0', { threshold: 0 }, /`threshold`/],
    ['a negative threshold', { threshold: -1 }, /`threshold`/],
    ['no threshold', { threshold: undefined as never }, /`threshold`/],
    ['a threshold that its roots cannot reach', { threshold: 3 }, /its threshold is 3/],
    ['a thumbprint in hex', { revoked: ['00'.repeat(32)] }, /`revoked\[0\]`/],
    ['revoked keys that are not an array', { revoked: 'all' as never }, /`revoked`/],
    ['no keys', { keys: undefined as never }, /`keys`/],
    ['keys that are not a JWK set', { keys: [] as never }, /key set/],
    ['a private key', { keys: { keys: [a] } }, /private/],
    ['two keys with one kid', { keys: jwksOf(a, { ...b, kid: 'a' }) }, /kid/],
  ])('a key document is rejected if it has %s', async (_, change, why) => {
    const text = await textOf({ ...PAYLOAD, ...change });
    expect(() => readKeyDocument(text)).toThrow(invalid(why));
  });

  it('a key document is rejected if its signatures have different payloads, even equivalent ones', async () => {
    const one = await joseSigned(JSON.stringify(PAYLOAD));
    const other = await joseSigned(JSON.stringify(PAYLOAD, null, 1));
    expect(() => readKeyDocument(JSON.stringify({ signatures: [one, other] }))).toThrow(invalid(/different payloads/));
  });

  it('a key document is rejected if its payload contains a duplicate member', async () => {
    const payload = JSON.stringify(PAYLOAD).replace('"version":3', '"version":3,"version":4');
    const text = JSON.stringify({ signatures: [await joseSigned(payload)] });
    expect(() => readKeyDocument(text)).toThrow(invalid(/twice/));
  });

  it.each([
    ['of a map', { typ: MAP_JWS_TYPE }],
    ['without a kid', { kid: '' }],
    ['with its own key', { jwk: publicJwk(a) }],
  ])('a key document is rejected if it has a signature %s', async (_, header) => {
    const text = JSON.stringify({ signatures: [await joseSigned(JSON.stringify(PAYLOAD), header)] });
    expect(() => readKeyDocument(text)).toThrow(invalid('A signature of the key document is malformed'));
  });

  it.each([
    ['an empty string', ''],
    ['an HTML page', '<!doctype html><html><body>Log in</body></html>'],
    ['an array', '[]'],
    ['null', 'null'],
    ['no signatures', '{}'],
    ['an empty array of signatures', '{"signatures":[]}'],
    ['a signature that is not a string', '{"signatures":[1]}'],
    ['17 signatures', JSON.stringify({ signatures: new Array(17).fill('a.b.c') })],
    ['a duplicate member', '{"signatures":[],"signatures":[]}'],
    ['deeply nested JSON', `{"signatures":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['more than 64 KiB', `{"signatures":["${'a'.repeat(MAX_KEY_DOCUMENT_BYTES)}"]}`],
  ])('a key document is rejected if its text is %s', (_, text) => {
    expect(() => readKeyDocument(text)).toThrow(invalid());
  });

  it('a key document is rejected if its bytes are not UTF-8', () => {
    expect(() => readKeyDocument(new Uint8Array([0x22, 0xff, 0x22]))).toThrow(invalid(/UTF-8/));
  });

  it('the error about an invalid key document quotes nothing of the document', () => {
    const page = '<html>token=hunter2</html>';
    expect(() => readKeyDocument(page)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('createKeyDocument', () => {
  it('createKeyDocument() rejects a payload that readers would reject', () => {
    expect(() => createKeyDocument({ ...PAYLOAD, version: 0 }, [readSigningKey(a)])).toThrow(invalid('version'));
  });

  it('createKeyDocument() rejects a document without a signature', () => {
    expect(() => createKeyDocument(PAYLOAD, [])).toThrow(invalid('signatures'));
  });

  it('createKeyDocument() rejects a document that is too large for its readers', () => {
    const keys = Array.from({ length: 200 }, (_, index) => newKey(`key-${index}`));
    expect(() => signedBy(keys.slice(0, 8), payloadOf(1, keys, { roots: ['key-0'] }))).toThrow(invalid('65536 bytes'));
  });
});

describe('peekKeyDocumentVersion', () => {
  it('peekKeyDocumentVersion() finds the version of a document without verification', () => {
    expect(peekKeyDocumentVersion(signedBy([a], payloadOf(7, [a])))).toBe(7);
  });

  it.each([[null], [1], [{}], [{ signatures: [] }], [{ signatures: ['a.!!.c'] }], [{ signatures: ['a.bnVsbA.c'] }]])(
    'peekKeyDocumentVersion() finds no version in %j',
    (value) => {
      expect(peekKeyDocumentVersion(value)).toBeNull();
    },
  );
});
