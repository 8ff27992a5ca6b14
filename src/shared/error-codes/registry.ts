import { type ErrorCodeEntry, entry } from './entry.ts';

/** Servers of the registry. */
export const REGISTRY_ERRORS = {
  SERVER_INVALID: entry(
    'A server of the registry cannot be brought up as it is, or what was to be registered is none.',
    'Correct the member that the message names: `switchyard registry add --replace`, or in `servers.json`.',
  ),
  SERVER_TRANSPORT_UNSUPPORTED: entry(
    'A server of the registry has a transport that is not spoken here (`ws`).',
    'Register it with another transport, if it has one; it stays in the registry for others.',
  ),
  SERVER_EXISTS: entry(
    'The registry has a server of this name already, and it is another one.',
    'Give `--replace`, or another name.',
  ),
  SERVER_UNKNOWN: entry('The registry has no server of this name.', 'Compare with `switchyard registry list`.'),
  SECRET_MASKED: entry(
    'A value is the text that stands in place of a secret that was not shown; it is never taken for the secret itself.',
    'Put the secret there, or export anew with `--show-secrets`.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
