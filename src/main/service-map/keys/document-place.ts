import { SwitchyardError } from '../../../shared/errors.ts';

/** Values that are needed to read a key document. */
export interface ReadContext {
  /** The `apiKey` for the map's server. It is only sent to the origin of the map. */
  readonly apiKey: string | null;
  readonly signal: AbortSignal;
}

/** Where key documents are published. */
export interface DocumentPlace {
  /**
   * Whether each version has its own URL or path. If false, one URL or path holds the newest document or an array of
   * documents, and `read` returns the newest document if the wanted version is missing.
   */
  readonly isByVersion: boolean;
  /** Returns the URL or path of a version for messages. The query of a URL is left out. */
  nameOf(version: number): string;
  /**
   * Returns the document of this version as it was published, or null if it does not exist. Rejects with
   * KEYS_UNAVAILABLE or KEYS_INVALID, also if the document is too large.
   */
  read(version: number, context: ReadContext): Promise<Uint8Array | null>;
}

/** Placeholder for the version in a URL or path. */
const VERSION = '{version}';

/** Whether a URL or path contains the placeholder for the version. */
export function hasVersion(pattern: string): boolean {
  return pattern.includes(VERSION);
}

/** Returns the URL or path of this version. */
export function placeOf(pattern: string, version: number): string {
  return pattern.replaceAll(VERSION, String(version));
}

/**
 * Creates the error for a key document that cannot be read. `why` completes the sentence, and must not quote what was
 * read.
 */
export function unavailable(place: string, why: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('KEYS_UNAVAILABLE', `The key document cannot be read from ${place}: ${why}.`, { cause });
}
