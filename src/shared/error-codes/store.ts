import { type ErrorCodeEntry, entry } from './entry.ts';

/** The state directory. */
export const STORE_ERRORS = {
  STORE_UNAVAILABLE: entry(
    'The state directory cannot be used.',
    'Check path, permissions and space; everything else goes on without it.',
  ),
  STORE_UNSAFE: entry(
    'Somebody else could have put a file of the state directory there, or a link in its place, so it is not used.',
    'Remove what the message names, make the directory yours alone (`chmod 700`), or use another `stateDir`.',
  ),
  STORE_EXPOSED: entry(
    'Others than this user can write to the state directory. A warning: it is used all the same.',
    'Make it yours alone (`chmod 700`, `chown`).',
  ),
  STORE_FOREIGN: entry(
    'The file at the place of the store, or of its lock, is none of this package. It was left as it is.',
    'Move it away, or use another `stateDir`.',
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
