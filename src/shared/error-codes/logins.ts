import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of logins to connectors (MCP specification, authorization). */
export const LOGIN_ERRORS = {
  CONNECTOR_LOGIN_NEEDED: entry(
    'The connector requires a login, and the host has no valid login for it.',
    'Run `mcp-switchyard auth login CONNECTOR`, press "Log in" on the status page, or call `startLogin()`.',
  ),
  LOGIN_FAILED: entry(
    'A login failed: the user or the authorization server refused it, or the server could not be reached.',
    'Read the reason in the message, and log in again.',
  ),
  LOGIN_EXPIRED: entry(
    'The redirect does not match any login in progress: the login took too long, was completed before, or was ' +
      'started elsewhere.',
    'Start the login again and finish it within ten minutes, in the same browser.',
  ),
  LOGIN_CLIENT_UNKNOWN: entry(
    'The authorization server knows no OAuth client for this host, and does not let the host register one.',
    'Register a client at that server by hand, and put the id of the client into `oauth.clientId` of the entry.',
  ),
  LOGIN_SECRET_MISSING: entry(
    'The client secret or private key of a login is missing. Either its environment variable is not set, or a map ' +
      'names the variable and `allowEnv` does not.',
    'Set the variable. For an entry of a map, also name it in `allowEnv` (`--allow-env NAME`).',
  ),
  LOGIN_METADATA_INVALID: entry(
    'The login metadata of the server or of its authorization server is invalid or not allowed.',
    'The message names the field. Report it to the operator of the server.',
  ),
  LOGIN_UNSUPPORTED: entry(
    'The login requires a feature that this version does not support: DPoP, ID-JAG or workload identity.',
    'If the server supports another way to authenticate, such as a key in `headers`, use that.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
