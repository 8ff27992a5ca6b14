import { describe, expect, it } from 'vitest';
import { readKeyDocument } from '../../../src/shared/signatures/key-document.ts';
import { thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { verifyKeyDocument } from '../../../src/shared/signatures/verify-key-document.ts';
import { follow, payloadOf, rootsOf, signedBy } from '../../helpers/key-documents.ts';
import { newKey, publicJwk } from '../../helpers/signing-keys.ts';

const a = newKey('a');
const b = newKey('b', 'ES256');
const c = newKey('c');
const d = newKey('d');
const untrusted = (why: RegExp | string = '') =>
  expect.objectContaining({ code: 'KEYS_UNTRUSTED', message: expect.stringMatching(why) });

describe('verifyKeyDocument', () => {
  it('verifyKeyDocument() accepts a document that the previous roots and its own roots signed', () => {
    expect(() => follow(signedBy([a, b], payloadOf(1, [b])), rootsOf([a]))).not.toThrow();
  });

  it('verifyKeyDocument() accepts a document that only the previous roots signed, if its own roots are the same', () => {
    expect(() => follow(signedBy([a], payloadOf(1, [a])), rootsOf([a]))).not.toThrow();
  });

  it('verifyKeyDocument() rejects a document that the previous roots did not sign', () => {
    const document = signedBy([b], payloadOf(1, [b]));
    expect(() => follow(document, rootsOf([a]))).toThrow(untrusted(/by 0 of the previous roots, but needs 1\. .* "b"/));
  });

  it('verifyKeyDocument() rejects a document without a signature by its own roots', () => {
    expect(() => follow(signedBy([a], payloadOf(1, [b])), rootsOf([a]))).toThrow(untrusted('by 0 of its own roots'));
  });

  it.each([
    ['2 of the previous roots are required', [a, d], 2, [d], 1],
    ['2 of the new roots are required', [a, c], 1, [c, d], 2],
  ])('verifyKeyDocument() rejects a single signature if %s', (_, old, oldThreshold, own, threshold) => {
    const payload = payloadOf(1, own, { threshold });
    const good = signedBy([a, ...old, ...own], payload);
    expect(() => follow(good, rootsOf(old, oldThreshold))).not.toThrow();
    const signers = threshold === 2 ? [a, c] : [d];
    expect(() => follow(signedBy(signers, payload), rootsOf(old, oldThreshold))).toThrow(untrusted('by 1 of'));
  });

  it('verifyKeyDocument() counts the signatures of one key once, however many kids the key has', () => {
    const a2 = { ...a, kid: 'a2' };
    const document = signedBy([a, a2, a], payloadOf(1, [a, a2]));
    expect(() => follow(document, rootsOf([a, a2, b], 2))).toThrow(
      untrusted('by 1 of the previous roots, but needs 2'),
    );
  });

  it('verifyKeyDocument() counts a root that only got a new kid as a root of both documents', () => {
    const renamed = { ...a, kid: 'renamed' };
    expect(() => follow(signedBy([renamed], payloadOf(1, [renamed])), rootsOf([a]))).not.toThrow();
  });

  it('verifyKeyDocument() rejects a key that only claims the kid of a root', () => {
    const impostor = { ...newKey('a') };
    expect(() => follow(signedBy([impostor], payloadOf(1, [impostor])), rootsOf([a]))).toThrow(untrusted());
  });

  it('verifyKeyDocument() rejects the signature of a key that may sign maps but is not a root', () => {
    const roots = { roots: ['a'] };
    const known = readKeyDocument(JSON.stringify(signedBy([a], payloadOf(1, [a, b], roots))));
    const next = signedBy([b], payloadOf(2, [b]));
    expect(() => follow(next, { keys: known.roots, threshold: known.threshold }, 1)).toThrow(untrusted());
  });

  it('verifyKeyDocument() rejects the signature of a root that the previous document revoked', () => {
    const revoked = [thumbprintOf(publicJwk(a))];
    const known = readKeyDocument(JSON.stringify(signedBy([a, b], payloadOf(1, [a, b], { revoked }))));
    const next = signedBy([a], payloadOf(2, [a]));
    expect(() => follow(next, { keys: known.roots, threshold: known.threshold }, 1)).toThrow(untrusted());
  });

  it('verifyKeyDocument() rejects the signature of another document', () => {
    const { signatures } = signedBy([a], payloadOf(1, [a]));
    const [header = '', , signature = ''] = (signatures[0] as string).split('.');
    const [, payload = ''] = (signedBy([a], payloadOf(1, [a, b])).signatures[0] as string).split('.');
    const mixed = { signatures: [[header, payload, signature].join('.')] };
    expect(() => follow(mixed, rootsOf([a]))).toThrow(untrusted());
  });

  it('verifyKeyDocument() accepts the signatures of expired roots if the document itself has not expired', () => {
    const old = { ...newKey('old'), exp: 1 };
    expect(() => follow(signedBy([old, b], payloadOf(1, [b])), rootsOf([old]))).not.toThrow();
  });

  it('verifyKeyDocument() rejects a document with a flipped bit in any part of a signature', () => {
    const [jws = ''] = signedBy([a], payloadOf(1, [a])).signatures;
    const bytes = new TextEncoder().encode(jws);
    for (let index = 0; index < bytes.length; index += 7) {
      const flipped = Uint8Array.from(bytes);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      const document = { signatures: [new TextDecoder().decode(flipped)] };
      expect(() => follow(document, rootsOf([a]))).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^KEYS_(UNTRUSTED|INVALID)$/) }),
      );
    }
  });

  it('verifyKeyDocument() does not check the version of a document', () => {
    const document = readKeyDocument(JSON.stringify(signedBy([a], payloadOf(9, [a]))));
    expect(() => verifyKeyDocument(document, rootsOf([a]))).not.toThrow();
  });
});

describe('verifyNextKeyDocument', () => {
  const next = signedBy([a], payloadOf(4, [a]));

  it('verifyNextKeyDocument() accepts version 4 after version 3', () => {
    expect(() => follow(next, rootsOf([a]), 3)).not.toThrow();
  });

  it.each([4, 5, 9])('verifyNextKeyDocument() rejects version 4 as rolled back if version %i is known', (known) => {
    expect(() => follow(next, rootsOf([a]), known)).toThrow(expect.objectContaining({ code: 'KEYS_ROLLED_BACK' }));
  });

  it.each([0, 2])(
    'verifyNextKeyDocument() rejects version 4 after version %i, because versions in between are missing',
    (known) => {
      expect(() => follow(next, rootsOf([a]), known)).toThrow(untrusted('missing'));
    },
  );
});
