import {
  createKeyDocument,
  type KeyDocumentPayload,
  readKeyDocument,
  type SignedKeyDocument,
} from '../../src/shared/signatures/key-document.ts';
import { readKeySet } from '../../src/shared/signatures/key-set.ts';
import { readSigningKey } from '../../src/shared/signatures/signing-key.ts';
import { type KeyRoots, verifyNextKeyDocument } from '../../src/shared/signatures/verify-key-document.ts';
import { jwksOf, type PrivateJwk } from './signing-keys.ts';

/** Members that a test replaces in the payload of a key document. */
export type DocumentChange = Partial<KeyDocumentPayload>;

/** Creates the payload of a document whose keys are all roots, of which one must sign. It expires in 2100. */
export function payloadOf(
  version: number,
  keys: readonly PrivateJwk[],
  change: DocumentChange = {},
): KeyDocumentPayload {
  return {
    version,
    expires: '2100-01-01T00:00:00Z',
    keys: jwksOf(...keys),
    roots: keys.map(({ kid }) => kid),
    threshold: 1,
    revoked: [],
    ...change,
  };
}

/** Signs a payload with these keys. */
export function signedBy(signers: readonly PrivateJwk[], payload: KeyDocumentPayload): SignedKeyDocument {
  return createKeyDocument(payload, signers.map(readSigningKey));
}

/**
 * Creates a chain of documents from version 1 on. Each document has one key, and is signed with this key and with the
 * previous key.
 */
export function chainOf(keys: readonly PrivateJwk[], change: DocumentChange = {}): readonly SignedKeyDocument[] {
  return keys.slice(1).map((key, index) => {
    const before = keys[index] as PrivateJwk;
    return signedBy([before, key], payloadOf(index + 1, [key], change));
  });
}

/** Converts keys to configured roots. */
export function rootsOf(keys: readonly PrivateJwk[], threshold = 1): KeyRoots {
  return { keys: readKeySet(jwksOf(...keys)), threshold };
}

/** Reads a key document and verifies it as the successor of these roots. */
export function follow(document: SignedKeyDocument, known: KeyRoots, version = 0): void {
  verifyNextKeyDocument(readKeyDocument(JSON.stringify(document)), { ...known, version });
}
