import { ConnectorManifestError } from '../errors.ts';
import { isSignedBy, type Jws } from './jws.ts';
import type { KeyDocument } from './key-document.ts';
import { shownKid } from './shown-kid.ts';
import type { TrustedKey } from './trust.ts';

/** The root keys, which sign key documents, and how many of them must sign. */
export interface KeyRoots {
  readonly keys: readonly TrustedKey[];
  /** Number of different keys (by thumbprint) that must have signed. */
  readonly threshold: number;
}

/**
 * Verifies that a key document is signed by enough of the previous root keys, and by enough of its own root keys (TUF
 * 1.0, section 5.3.4). The dates `nbf` and `exp` of the keys are not checked, because a host that was off for a long
 * time may read the document after its signers expired. Throws KEYS_UNTRUSTED.
 */
export function verifyKeyDocument(document: KeyDocument, oldRoots: KeyRoots): void {
  const signers = signersOf(document, [...oldRoots.keys, ...document.roots]);
  assertEnough(document, 'the previous roots', oldRoots, signers);
  assertEnough(document, 'its own roots', { keys: document.roots, threshold: document.threshold }, signers);
}

/**
 * Verifies that a key document is the next version after `known`. Throws KEYS_ROLLED_BACK for an older document. Throws
 * KEYS_UNTRUSTED if versions in between are missing, or if too few keys signed.
 */
export function verifyNextKeyDocument(document: KeyDocument, known: KeyRoots & { readonly version: number }): void {
  const { version } = document;
  if (version <= known.version) {
    const message = `Key document ${version} is published, but the document after ${known.version} was expected.`;
    throw new ConnectorManifestError('KEYS_ROLLED_BACK', message);
  }
  if (version > known.version + 1) {
    const message = `Key document ${version} does not follow ${known.version}: the documents in between are missing.`;
    throw new ConnectorManifestError('KEYS_UNTRUSTED', message);
  }
  verifyKeyDocument(document, known);
}

/** Returns the thumbprints of those `candidates` that have a valid signature. */
function signersOf({ signatures }: KeyDocument, candidates: readonly TrustedKey[]): ReadonlySet<string> {
  const signers = new Set<string>();
  for (const signature of signatures) {
    for (const key of candidates) {
      if (!signers.has(key.thumbprint) && isSigner(signature, key)) signers.add(key.thumbprint);
    }
  }
  return signers;
}

function isSigner(signature: Jws, key: TrustedKey): boolean {
  return signature.kid === key.kid && isSignedBy(signature, key);
}

function assertEnough(
  { version, signatures }: KeyDocument,
  whose: string,
  { keys, threshold }: KeyRoots,
  signers: ReadonlySet<string>,
): void {
  const thumbprints = new Set(keys.map(({ thumbprint }) => thumbprint));
  const counted = [...thumbprints].filter((thumbprint) => signers.has(thumbprint)).length;
  if (counted >= threshold) return;
  const kids = [...new Set(signatures.map(({ kid }) => shownKid(kid)))].join(', ');
  const message = `Key document ${version} is signed by ${counted} of ${whose}, but needs ${threshold}`;
  throw new ConnectorManifestError('KEYS_UNTRUSTED', `${message}. Its signatures claim the key ids ${kids}.`);
}
