import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of options, configuration files and the use of a closed manager. */
export const OPTION_ERRORS = {
  OPTIONS_INVALID: entry('An option has an invalid value.', 'Correct the option that the message names.'),
  SECRET_UNAVAILABLE: entry(
    'A function that you passed as an option, and that provides a key, threw an error or rejected.',
    'Correct what the `cause` says, which is the error of that function.',
  ),
  CONFIG_INVALID: entry(
    'A configuration file of local connectors could not be read, has none of the known client formats, or is ' +
      'not trusted.',
    'Correct the file where the message says. If the file is not trusted, review it and trust it again.',
  ),
  AGENT_INCOMPATIBLE: entry(
    'The `agent` does not accept requests of undici 8. The usual reason is an agent of undici 6.',
    'Create the agent with undici 7 or 8, or omit it.',
  ),
  CLOSED: entry('The manager was closed before or during this operation.', 'Create a new manager.'),
} as const satisfies Record<string, ErrorCodeEntry>;
