import { type KeyDocument, readKeyDocument, type SignedKeyDocument } from '../../../shared/signatures/key-document.ts';
import type { TrustedKey } from '../../../shared/signatures/trust.ts';
import { verifyKeyDocument } from '../../../shared/signatures/verify-key-document.ts';

/** What the store holds about the key documents of a source. */
export interface RememberedKeys {
  readonly keyVersion: number | null;
  /** The text of the newest accepted document; null if no document was accepted, or if it was damaged. */
  readonly keyDocument: string | null;
}

/** An accepted document, with the keys that were configured when it was accepted. */
export interface AnchoredDocument {
  readonly document: KeyDocument;
  /** Thumbprints of the keys that were configured when the document was accepted; null if they were not recorded. */
  readonly anchor: readonly string[] | null;
}

/** Returns the text that is stored for a document: the published fields, and a field `anchor` that readers skip. */
export function textOfRemembered({ document, anchor }: AnchoredDocument): string {
  const { signatures } = JSON.parse(document.text) as SignedKeyDocument;
  return JSON.stringify({ signatures, anchor });
}

/**
 * Reads a stored document. The chain of documents that led to it was verified before it was stored, so the signatures
 * of its own roots suffice. Throws KEYS_INVALID or KEYS_UNTRUSTED.
 */
export function readRemembered(text: string): AnchoredDocument {
  const { signatures, anchor } = JSON.parse(text) as SignedKeyDocument & { readonly anchor?: readonly string[] };
  const document = readKeyDocument(JSON.stringify({ signatures }));
  verifyKeyDocument(document, { keys: document.roots, threshold: document.threshold });
  return { document, anchor: Array.isArray(anchor) ? anchor : null };
}

/**
 * Whether all configured keys were replaced by keys that are unrelated to the known document, for example after its
 * roots were stolen. The document then no longer applies. It still applies if any key was configured before or is
 * listed in the document.
 */
export function isReplacedBy(configured: readonly TrustedKey[], { document, anchor }: AnchoredDocument): boolean {
  if (anchor === null || configured.length === 0) return false;
  const listed = [...document.keys, ...document.revokedKeys].map(({ thumbprint }) => thumbprint);
  const related = new Set([...anchor, ...listed, ...document.revoked]);
  return configured.every(({ thumbprint }) => !related.has(thumbprint));
}
