import { createHash } from 'node:crypto';
import { decodeText } from './document/decode-text.ts';
import { readFileBytes } from './read-file.ts';

/** Reads files, and remembers a hash of the bytes of each file, so that one digest can cover all files. */
export class FilesRead {
  /** SHA-256 of the bytes of each file, by path. Null for a file that could not be read. */
  readonly #hashes = new Map<string, string | null>();

  /** Reads a file of at most `maxBytes` as text. Rejects with an error that {@link reasonOf} turns into words. */
  async text(path: string, maxBytes: number): Promise<string> {
    this.#hashes.set(path, null);
    const bytes = await readFileBytes(path, maxBytes);
    this.#hashes.set(path, createHash('sha256').update(bytes).digest('hex'));
    return decodeText(bytes);
  }

  /**
   * Returns the SHA-256 over the paths and contents of all files that were read so far, and over the strings in `more`.
   */
  digest(more: readonly string[]): string {
    const files = [...this.#hashes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256')
      .update(JSON.stringify([files, more]))
      .digest('hex');
  }
}
