import { type DocumentOptions, writeNextDocument } from './next-document.ts';

export type RevokeOptions = DocumentOptions;

/**
 * Writes the next key document, which revokes the keys with these `kid`s or thumbprints. Resolves with the exit code.
 */
export async function runKeysRevoke(named: readonly string[], options: RevokeOptions): Promise<number> {
  return writeNextDocument(options, { removed: [], revoked: named });
}
