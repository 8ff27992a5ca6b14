import { SwitchyardError } from '../../../shared/errors.ts';

/** What a place may need to read a document. */
export interface ReadContext {
  /** The key of the map's server. It is only sent to the origin of the map. */
  readonly apiKey: string | null;
  readonly signal: AbortSignal;
}

/** Where key documents are published. */
export interface DocumentPlace {
  /**
   * Whether each version has its own place. If false, one place holds the newest document or an array of documents, and
   * `read` returns the newest document if the wanted version is missing.
   */
  readonly isByVersion: boolean;
  /** Returns the name of a version's place for messages, without the query of a URL. */
  nameOf(version: number): string;
  /**
   * Reads the document of this version, as it was published; null if it does not exist. Reads no more bytes than a
   * document may have. Rejects with KEYS_UNAVAILABLE or KEYS_INVALID.
   */
  read(version: number, context: ReadContext): Promise<Uint8Array | null>;
}

/** Stands for the version in a URL or a path. */
const VERSION = '{version}';

/** Whether a URL or a path has a place for each version. */
export function hasVersion(pattern: string): boolean {
  return pattern.includes(VERSION);
}

/** Returns the URL or path of one version. */
export function placeOf(pattern: string, version: number): string {
  return pattern.replaceAll(VERSION, String(version));
}

/**
 * Creates the error for documents that cannot be read; `why` completes the sentence and quotes nothing that was read.
 */
export function unavailable(place: string, why: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('KEYS_UNAVAILABLE', `The key document cannot be read from ${place}: ${why}.`, { cause });
}
