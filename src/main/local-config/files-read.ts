import { createHash } from 'node:crypto';
import { decodeText } from './document/decode-text.ts';
import { readFileBytes } from './read-file.ts';

/** Reads files and remembers the hash of the bytes of each, so that one digest can cover all of them. */
export class FilesRead {
  /** SHA-256 of each file by its path; null for a file that could not be read. */
  readonly #hashes = new Map<string, string | null>();

  /** Reads the text of a file of at most `maxBytes`. Rejects with an error that `reasonOf` turns into words. */
  async text(path: string, maxBytes: number): Promise<string> {
    this.#hashes.set(path, null);
    const bytes = await readFileBytes(path, maxBytes);
    this.#hashes.set(path, createHash('sha256').update(bytes).digest('hex'));
    return decodeText(bytes);
  }

  /** Returns the SHA-256 of the paths and contents of all files read so far, and of `more`. */
  digest(more: readonly string[]): string {
    const files = [...this.#hashes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256')
      .update(JSON.stringify([files, more]))
      .digest('hex');
  }
}
