import { SwitchyardError } from '../../../../shared/errors.ts';
import type { KeyDocument } from '../../../../shared/signatures/key-document.ts';
import type { TrustedKey } from '../../../../shared/signatures/trust.ts';
import { verifyKeyDocument, verifyNextKeyDocument } from '../../../../shared/signatures/verify-key-document.ts';
import { type Failure, failureOf } from '../../terminal/output.ts';
import { rootsOf } from './document-files.ts';

/** A key document, and the reason why hosts would reject it. `problem` is null if hosts would accept the document. */
export interface FollowedDocument {
  readonly document: KeyDocument;
  readonly problem: Failure | null;
}

/**
 * Verifies each document against the document before it, as hosts do. Verifies the first document against the
 * configured keys or, without configured keys, against its own roots. Checks the expiry of the newest document only.
 */
export function followDocuments(
  documents: readonly KeyDocument[],
  configured: readonly TrustedKey[] | null,
  threshold: number,
  nowMs: number,
): readonly FollowedDocument[] {
  return documents.map((document, index) => {
    const before = documents[index - 1];
    const roots = rootsOf(document);
    if (before !== undefined) return followed(document, () => follow(document, before));
    if (configured === null) return followed(document, () => verifyKeyDocument(document, roots));
    return followed(document, () => verifyKeyDocument(document, { keys: configured, threshold }));
  });

  function followed(document: KeyDocument, verify: () => void): FollowedDocument {
    try {
      verify();
      if (document === documents.at(-1)) assertUnexpired(document, nowMs);
      return { document, problem: null };
    } catch (error) {
      return { document, problem: failureOf(error) };
    }
  }
}

function follow(document: KeyDocument, before: KeyDocument): void {
  verifyNextKeyDocument(document, { ...rootsOf(before), version: before.version });
}

function assertUnexpired({ version, expiresAtMs }: KeyDocument, nowMs: number): void {
  if (expiresAtMs > nowMs) return;
  const at = new Date(expiresAtMs).toISOString();
  throw new SwitchyardError('KEYS_EXPIRED', `Key document ${version}, the newest, expired at ${at}.`);
}
