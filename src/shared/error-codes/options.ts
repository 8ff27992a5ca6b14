import { type ErrorCodeEntry, entry } from './entry.ts';

/** Options and configuration files, and use of a manager that is closed. */
export const OPTION_ERRORS = {
  OPTIONS_INVALID: entry('An option has a value that cannot work.', 'Correct the option that the message names.'),
  SECRET_UNAVAILABLE: entry(
    'A function that was given in place of a key threw or rejected.',
    "Look at the cause; it is the function's own error.",
  ),
  CONFIG_INVALID: entry(
    'A file of local connectors could not be read, holds none of the forms that clients write, or is not trusted.',
    'Correct the file where the message says, or look at it again and trust it.',
  ),
  AGENT_INCOMPATIBLE: entry(
    'The `agent` does not take the requests of undici 8; one of undici 6 is the usual case.',
    'Make it with undici 7 or 8, or leave it out.',
  ),
  CLOSED: entry('The manager was closed before or while this was asked.', 'Create a new manager.'),
} as const satisfies Record<string, ErrorCodeEntry>;
