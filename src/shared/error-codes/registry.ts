import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of servers in the registry. */
export const REGISTRY_ERRORS = {
  SERVER_INVALID: entry(
    'A server of the registry is invalid, so it can be neither registered nor connected.',
    'Correct the field that the message names, with `mcp-switchyard registry add --replace` or in `servers.json`.',
  ),
  SERVER_TRANSPORT_UNSUPPORTED: entry(
    'A server of the registry uses an unsupported transport (`ws`).',
    'If the server supports another transport, register it with that transport. Until then its entry stays in the ' +
      'registry, for other programs.',
  ),
  SERVER_EXISTS: entry(
    'The registry already has a different server with this name.',
    'Use `--replace`, or another name.',
  ),
  SERVER_UNKNOWN: entry(
    'The registry has no server with this name.',
    'Compare the name with `mcp-switchyard registry list`.',
  ),
  SECRET_MASKED: entry(
    'A value is `***masked***`, which exports contain in place of a secret. It is never used as the secret itself.',
    'Enter the secret, or export again with `--show-secrets`.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
