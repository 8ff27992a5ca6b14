import { describe, expect, it } from 'vitest';
import { verifyServiceMap } from '../../../src/main/index.ts';
import { readKeyDocument } from '../../../src/shared/signatures/key-document.ts';
import { readKeySet } from '../../../src/shared/signatures/key-set.ts';
import { verifyKeyDocument } from '../../../src/shared/signatures/verify-key-document.ts';
// A Python program that uses the package cryptography made these signatures. It was written only from the docs.
import made from '../../fixtures/signed-elsewhere.json' with { type: 'json' };

const verify = (map: object, options: object = {}) =>
  verifyServiceMap(map, { signatureKeys: made.jwks, now: new Date(made.nowMs), ...options });

describe('signature by another tool that follows our documentation', () => {
  it('a map that another tool signed with Ed25519, ES256 and an HMAC is accepted', () => {
    const { signers } = verify(made.good, { threshold: 2, signatureKey: made.hmacKey });
    expect([signers.hmacKey, signers.signatures.map(({ alg }) => alg)]).toEqual([0, ['EdDSA', 'ES256']]);
  });

  it('a key document that another tool signed is accepted', () => {
    const document = readKeyDocument(JSON.stringify(made.document));
    expect(document).toMatchObject({ version: 1, threshold: 1 });
    expect(() => verifyKeyDocument(document, { keys: readKeySet(made.roots), threshold: 1 })).not.toThrow();
  });

  it.each(made.bad)('a document by another tool is rejected with $code: $name', ({ code, map }) => {
    expect(() => verify(map)).toThrow(expect.objectContaining({ code }));
  });
});
