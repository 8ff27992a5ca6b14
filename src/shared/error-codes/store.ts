import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of the state folder. */
export const STORE_ERRORS = {
  STORE_UNAVAILABLE: entry(
    'The state folder cannot be used.',
    'Check the path, permissions and free space of the folder. Everything that needs no stored state still works.',
  ),
  STORE_UNSAFE: entry(
    'The state folder is not used, because another user could have created one of its files, or replaced one ' +
      'with a link.',
    'Remove what the message names, make the folder private (`chmod 700`), or use another `stateDir`.',
  ),
  STORE_EXPOSED: entry(
    'Other users can write to the state folder. This is a warning: the folder is used nevertheless.',
    'Make the folder private (`chmod 700`, `chown`).',
  ),
  STORE_FOREIGN: entry(
    'The file at the path of the store, or of its lock, was not written by this package. It was left unchanged.',
    'Move the file away, or use another `stateDir`.',
  ),
  STORE_TOO_NEW: entry(
    'The store was written by a newer version of this package.',
    'Use the newer version, or another `stateDir`.',
  ),
  STORE_CORRUPT: entry(
    'A stored record does not match its checksum and was ignored.',
    'No action is needed, because the record is fetched and stored again.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
