import { type ErrorCodeEntry, entry } from './entry.ts';

/** The state directory. */
export const STORE_ERRORS = {
  STORE_UNAVAILABLE: entry(
    'The state directory cannot be used.',
    'Check path, permissions and space; everything else goes on without it.',
  ),
  STORE_TOO_NEW: entry(
    'The store was written by a newer version of this package.',
    'Use that version, or another `stateDir`.',
  ),
  STORE_CORRUPT: entry(
    'A stored record does not match its checksum and was ignored.',
    'Nothing; it is fetched and stored again.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
