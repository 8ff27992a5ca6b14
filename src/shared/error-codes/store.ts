import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of the state directory. */
export const STORE_ERRORS = {
  STORE_UNAVAILABLE: entry(
    'The state directory cannot be used.',
    'Check its path, permissions and free space. Everything else works without it.',
  ),
  STORE_UNSAFE: entry(
    'Another user could have created a file of the state directory, or replaced it with a link, so it is not used.',
    'Remove what the message names, make the directory private (`chmod 700`), or use another `stateDir`.',
  ),
  STORE_EXPOSED: entry(
    'Other users can write to the state directory. This is a warning: the directory is used all the same.',
    'Make the directory private (`chmod 700`, `chown`).',
  ),
  STORE_FOREIGN: entry(
    'The file at the path of the store, or of its lock, was not written by this package. It was left unchanged.',
    'Move it away, or use another `stateDir`.',
  ),
  STORE_TOO_NEW: entry(
    'The store was written by a newer version of this package.',
    'Use that version, or another `stateDir`.',
  ),
  STORE_CORRUPT: entry(
    'A stored record does not match its checksum and was ignored.',
    'Nothing to do: the record is fetched and stored again.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
