import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of connectors: connecting, listing tools, staying connected. */
export const CONNECTOR_ERRORS = {
  CONNECTOR_UNKNOWN: entry(
    'There is no connector with this id.',
    'Compare the id with the ids that `listConnectors()` returns.',
  ),
  CONNECTOR_UNAVAILABLE: entry(
    'The connector is not connected at the moment.',
    'Retry later, because the host keeps trying to connect. `status()` of the manager says why the connector is ' +
      'down, and since when.',
  ),
  CONNECTOR_AUTH_MISSING: entry(
    'The entry of the connector requires a key (`auth`), but no key is configured.',
    'Set the key with `connectorsApiKey`. If the server requires a login instead, remove `auth` from the entry.',
  ),
  CONNECTOR_REFUSED: entry(
    'The connector refused the request (401 or 403): it requires a key, or the key is wrong or lacks a permission.',
    'Correct the key in the entry, or the scopes of the key. If the server offers a login instead, remove the key ' +
      'and run `mcp-switchyard auth login CONNECTOR`.',
  ),
  CONNECTOR_ADDRESS_REFUSED: entry(
    'A connector of a service map has a private address, or its host name resolves to one, and ' +
      '`allowPrivateEndpoints` is off. Nothing was sent to it.',
    'If the address is intended, define the connector in a local file or the registry, or set ' +
      '`allowPrivateEndpoints`. Otherwise find out who wrote the entry. The connection is retried with each ' +
      'background refresh.',
  ),
  CONNECTOR_LOOP: entry(
    'The connector is the gateway itself, or starts another gateway with the same configuration. The usual reason ' +
      'is that the output of `mcp-switchyard config` was pasted into the file that the gateway reads.',
    'Remove that entry from the configuration of the gateway. Clients and the gateway need separate files.',
  ),
  CONNECTOR_REDIRECTED: entry(
    'The connector answered with a redirect to another origin, or with too many redirects. The last redirect was ' +
      'not followed.',
    'If you trust the final address, configure it as the endpoint of the connector.',
  ),
  CONNECTOR_CONNECT_FAILED: entry(
    'The connector could not be reached, or did not answer as an MCP server.',
    'Check the endpoint. The message and the cause name the failure.',
  ),
  CONNECTOR_COMMAND_FAILED: entry(
    'The process of a stdio server could not be started.',
    'Correct what the message names: the command, its working directory or its permissions.',
  ),
  CONNECTOR_EXITED: entry(
    'The process of a stdio server exited unexpectedly.',
    'Read `detail.stderr`, which is the line of its stderr that most likely says why. To see more, run the ' +
      'command of the server by hand.',
  ),
  CONNECTOR_TIMEOUT: entry(
    'The connector did not answer in time. The message says what took too long.',
    'Check the connector, or raise its `timeouts`.',
  ),
  CONNECTOR_LIST_INVALID: entry(
    'The tool list of the connector is malformed, endless or larger than the limits.',
    'Fix the connector, or raise the limit that the message names.',
  ),
  CONNECTOR_GONE: entry(
    'The connector was removed, disabled or closed during the operation.',
    'No action is needed if that was intended: the entry was changed or removed, or the host is closing.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
