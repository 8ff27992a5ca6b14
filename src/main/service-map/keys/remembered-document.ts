import { type KeyDocument, readKeyDocument, type SignedKeyDocument } from '../../../shared/signatures/key-document.ts';
import type { TrustedKey } from '../../../shared/signatures/trust.ts';
import { verifyKeyDocument } from '../../../shared/signatures/verify-key-document.ts';

/** What the store remembers of the key documents of a source. */
export interface RememberedKeys {
  readonly keyVersion: number | null;
  /** Null without a document, and where it was damaged. */
  readonly keyDocument: string | null;
}

/** A document that is believed. */
export interface AnchoredDocument {
  readonly document: KeyDocument;
  /** Thumbprints of the keys that were configured when it was believed; null where nobody noted them. */
  readonly anchor: readonly string[] | null;
}

/** The text that is stored of a document: what was published, and a member `anchor`, which readers pass over. */
export function textOfRemembered({ document, anchor }: AnchoredDocument): string {
  const { signatures } = JSON.parse(document.text) as SignedKeyDocument;
  return JSON.stringify({ signatures, anchor });
}

/**
 * Reads a stored document. The documents before it are gone: that they led to it was verified before it was stored, so
 * the signatures of its own roots have to do. Throws KEYS_INVALID or KEYS_UNTRUSTED.
 */
export function readRemembered(text: string): AnchoredDocument {
  const { signatures, anchor } = JSON.parse(text) as SignedKeyDocument & { readonly anchor?: readonly string[] };
  const document = readKeyDocument(JSON.stringify({ signatures }));
  verifyKeyDocument(document, { keys: document.roots, threshold: document.threshold });
  return { document, anchor: Array.isArray(anchor) ? anchor : null };
}

/**
 * Whether somebody has replaced all configured keys by keys that the known document has nothing to do with, as after
 * its roots were stolen. Then the document no longer counts. Keys that were configured before, and keys that the
 * document lists, go on with it.
 */
export function isReplacedBy(configured: readonly TrustedKey[], { document, anchor }: AnchoredDocument): boolean {
  if (anchor === null || configured.length === 0) return false;
  const listed = [...document.keys, ...document.revokedKeys].map(({ thumbprint }) => thumbprint);
  const related = new Set([...anchor, ...listed, ...document.revoked]);
  return configured.every(({ thumbprint }) => !related.has(thumbprint));
}
