import { type DocumentOptions, writeNextDocument } from './next-document.ts';

export interface RotateOptions extends DocumentOptions {
  /** The `kid`s of keys that the next document does not contain any more. */
  readonly remove?: readonly string[];
}

/** Writes the next key document, in which keys are added and removed. Resolves with the exit code. */
export async function runKeysRotate(options: RotateOptions): Promise<number> {
  return writeNextDocument(options, { removed: options.remove ?? [], revoked: [] });
}
