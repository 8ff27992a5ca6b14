import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of servers in the registry. */
export const REGISTRY_ERRORS = {
  SERVER_INVALID: entry(
    'A server of the registry is invalid, so it cannot be connected or registered.',
    'Correct the field that the message names, with `mcp-switchyard registry add --replace` or in `servers.json`.',
  ),
  SERVER_TRANSPORT_UNSUPPORTED: entry(
    'A server of the registry uses an unsupported transport (`ws`).',
    'Register it with another transport, if it has one. The entry stays in the registry for other programs.',
  ),
  SERVER_EXISTS: entry('The registry already has another server with this name.', 'Use `--replace`, or another name.'),
  SERVER_UNKNOWN: entry(
    'The registry has no server with this name.',
    'Compare the name with `mcp-switchyard registry list`.',
  ),
  SECRET_MASKED: entry(
    'A value is the placeholder for a masked secret. The placeholder is never used as the secret itself.',
    'Enter the secret, or export again with `--show-secrets`.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
