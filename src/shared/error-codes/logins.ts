import { type ErrorCodeEntry, entry } from './entry.ts';

/** Logins to connectors (MCP, authorization). */
export const LOGIN_ERRORS = {
  CONNECTOR_LOGIN_NEEDED: entry(
    'The connector wants a login, and there is none, or it is no longer valid.',
    'Run `mcp-switchyard auth login CONNECTOR`, press "Log in" on the status page, or call `startLogin()`.',
  ),
  LOGIN_FAILED: entry(
    'A login did not come about: the person or the authorization server refused, or it could not be reached.',
    'Try again; the message names the reason.',
  ),
  LOGIN_EXPIRED: entry(
    'The redirect belongs to no login that is under way: it took too long, was used before, or was started elsewhere.',
    'Start the login again and finish it within ten minutes, in the same browser.',
  ),
  LOGIN_CLIENT_UNKNOWN: entry(
    'The authorization server knows no client for this host: it takes neither registration nor a metadata document.',
    'Register a client there by hand and put its id into `oauth.clientId` of the entry.',
  ),
  LOGIN_SECRET_MISSING: entry(
    'The client secret or the private key of a login is not there: its variable is not set, or a map names it and ' +
      '`allowEnv` does not.',
    'Set the variable; for an entry of a map, also name it in `allowEnv` (`--allow-env NAME`).',
  ),
  LOGIN_METADATA_INVALID: entry(
    'What the server or its authorization server says about the login is invalid or not allowed.',
    'The message names the field. Report it to the operator of the server.',
  ),
  LOGIN_UNSUPPORTED: entry(
    'The login wants something that this version cannot do: DPoP, ID-JAG or workload identity.',
    'Use another way to authenticate, such as a key in `headers`, if the server has one.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
