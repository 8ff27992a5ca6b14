import { describe, expect, it } from 'vitest';
import { followDocuments } from '../../../../../src/main/cli/commands/keys/follow-documents.ts';
import {
  createKeyDocument,
  type KeyDocument,
  readKeyDocument,
} from '../../../../../src/shared/signatures/key-document.ts';
import { readKeySet } from '../../../../../src/shared/signatures/key-set.ts';
import { readSigningKey } from '../../../../../src/shared/signatures/signing-key.ts';
import { NOW } from '../../../../helpers/signed-map.ts';
import { jwksOf, newKey, type PrivateJwk } from '../../../../helpers/signing-keys.ts';

const [a, b] = [newKey('a'), newKey('b')];
const LATER = new Date(NOW + 60_000).toISOString();

function documentOf(version: number, roots: readonly PrivateJwk[], signers = roots, expires = LATER): KeyDocument {
  const payload = {
    ...{ version, expires, keys: jwksOf(...roots), threshold: 1, revoked: [] },
    roots: roots.map(({ kid }) => kid),
  };
  return readKeyDocument(JSON.stringify(createKeyDocument(payload, signers.map(readSigningKey))));
}

const problemsOf = (
  documents: readonly KeyDocument[],
  configured: readonly PrivateJwk[] | null,
): readonly unknown[] => {
  const keys = configured === null ? null : readKeySet(jwksOf(...configured));
  return followDocuments(documents, keys, 1, NOW).map(({ problem }) => problem?.code ?? null);
};

describe('followDocuments', () => {
  it('followDocuments() accepts a key document that the roots of the previous document have signed', () => {
    expect(problemsOf([documentOf(1, [a]), documentOf(2, [b], [a, b])], [a])).toEqual([null, null]);
  });

  it('followDocuments() verifies the first document against its own roots if no keys are configured', () => {
    expect(problemsOf([documentOf(1, [a])], null)).toEqual([null]);
    expect(problemsOf([documentOf(1, [a], [b])], null)).toEqual(['KEYS_UNTRUSTED']);
  });

  it('followDocuments() reports a document that no root of the previous document signed, and still checks the next document', () => {
    const documents = [documentOf(1, [a]), documentOf(2, [b], [b]), documentOf(3, [b])];
    expect(problemsOf(documents, [a])).toEqual([null, 'KEYS_UNTRUSTED', null]);
    expect(problemsOf([documentOf(1, [a])], [b])).toEqual(['KEYS_UNTRUSTED']);
  });

  it('followDocuments() checks only the expiry of the newest document', () => {
    const past = new Date(NOW).toISOString();
    expect(problemsOf([documentOf(1, [a], [a], past), documentOf(2, [a])], [a])).toEqual([null, null]);
    expect(problemsOf([documentOf(1, [a]), documentOf(2, [a], [a], past)], [a])).toEqual([null, 'KEYS_EXPIRED']);
  });
});
