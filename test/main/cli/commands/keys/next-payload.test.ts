import { describe, expect, it } from 'vitest';
import { type DocumentChange, nextPayload } from '../../../../../src/main/cli/commands/keys/next-payload.ts';
import {
  createKeyDocument,
  type KeyDocument,
  readKeyDocument,
} from '../../../../../src/shared/signatures/key-document.ts';
import { thumbprintOf } from '../../../../../src/shared/signatures/key-set.ts';
import { readSigningKey } from '../../../../../src/shared/signatures/signing-key.ts';
import { newKey, type PrivateJwk, publicJwk } from '../../../../helpers/signing-keys.ts';

const [a, b, c] = [newKey('a'), newKey('b', 'ES256'), newKey('c')];
const NOTHING: DocumentChange = {
  added: [],
  removed: [],
  revoked: [],
  roots: undefined,
  threshold: undefined,
  expiresInMs: 60_000,
};

/** Creates the first key document, with these keys. `roots` lists the kids of the root keys. */
function documentOf(keys: readonly PrivateJwk[], roots = keys.map(({ kid }) => kid)): KeyDocument {
  const payload = nextPayload(null, { ...NOTHING, added: keys.map(publicJwk), roots });
  return readKeyDocument(JSON.stringify(createKeyDocument(payload, keys.map(readSigningKey))));
}

describe('nextPayload', () => {
  it('nextPayload() creates the first key document with version 1 and with every key as a root', () => {
    const payload = nextPayload(null, { ...NOTHING, added: [publicJwk(a), publicJwk(b)] });
    expect(payload).toMatchObject({ version: 1, roots: ['a', 'b'], threshold: 1, revoked: [] });
    expect(payload.keys.keys).toEqual([publicJwk(a), publicJwk(b)]);
    expect(Math.abs(Date.parse(payload.expires) - Date.now() - 60_000)).toBeLessThan(10_000);
  });

  it('nextPayload() keeps the keys and roots that a change does not mention', () => {
    const payload = nextPayload(documentOf([a, b], ['a']), NOTHING);
    expect(payload).toMatchObject({ version: 2, roots: ['a'], threshold: 1 });
    expect(payload.keys.keys).toHaveLength(2);
  });

  it('nextPayload() makes an added key a root only if every existing key is a root', () => {
    const change = { ...NOTHING, added: [publicJwk(c)] };
    expect(nextPayload(documentOf([a, b]), change).roots).toEqual(['a', 'b', 'c']);
    expect(nextPayload(documentOf([a, b], ['a']), change).roots).toEqual(['a']);
  });

  it('nextPayload() removes a key from both the keys and the roots', () => {
    const payload = nextPayload(documentOf([a, b]), { ...NOTHING, removed: ['a'] });
    expect([payload.roots, payload.keys.keys]).toEqual([['b'], [publicJwk(b)]]);
  });

  it('nextPayload() revokes a key by its kid or thumbprint, and keeps it revoked in later documents', () => {
    const revoked = [thumbprintOf(a)];
    for (const name of ['a', thumbprintOf(a)])
      expect(nextPayload(documentOf([a, b]), { ...NOTHING, revoked: [name] })).toMatchObject({ revoked, roots: ['b'] });
    const payload = nextPayload(documentOf([a, b]), { ...NOTHING, revoked: ['a'] });
    const document = readKeyDocument(JSON.stringify(createKeyDocument(payload, [readSigningKey(b)])));
    expect(nextPayload(document, NOTHING).revoked).toEqual(revoked);
    expect(() => nextPayload(document, { ...NOTHING, added: [publicJwk(a)] })).toThrow(/a was revoked/);
  });

  it('nextPayload() can revoke a key by its thumbprint, even if the key is in no document', () => {
    expect(nextPayload(documentOf([a]), { ...NOTHING, revoked: [thumbprintOf(c)] }).revoked).toEqual([thumbprintOf(c)]);
  });

  it.each<[string, Partial<DocumentChange>, RegExp]>([
    ['an unknown key to remove', { removed: ['z'] }, /--remove names z, but the keys are a, b/],
    ['an unknown root', { roots: ['z'] }, /--roots names z/],
    ['a removed root', { removed: ['a'], roots: ['a'] }, /--roots names a, but the keys are b/],
    ['an unknown key to revoke', { revoked: ['z'] }, /no key z; the keys are a, b/],
    ['fewer roots than the threshold', { threshold: 3 }, /3 roots must sign, but only 2 would be left/],
    ['a document without roots', { removed: ['a', 'b'] }, /1 roots must sign, but only 0/],
    [
      'a different key with an existing kid',
      { added: [publicJwk({ ...c, kid: 'a' })] },
      /a different key with the kid a/,
    ],
    [
      'one key under two kids',
      { added: [publicJwk({ ...a, kid: 'z' })] },
      /key z of --keys is already in the documents, with the kid a/,
    ],
  ])('nextPayload() rejects %s', (_, change, message) => {
    expect(() => nextPayload(documentOf([a, b]), { ...NOTHING, ...change })).toThrow(message);
  });
});
