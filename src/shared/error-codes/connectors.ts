import { type ErrorCodeEntry, entry } from './entry.ts';

/** Connectors: connecting, listing, staying up. */
export const CONNECTOR_ERRORS = {
  CONNECTOR_UNKNOWN: entry('The service map has no connector of this id.', 'Compare with `listConnectors()`.'),
  CONNECTOR_UNAVAILABLE: entry(
    'The connector is not connected at the moment.',
    'Retry later; `status()` says why and since when.',
  ),
  CONNECTOR_AUTH_MISSING: entry(
    'The entry of the connector asks for a key (`auth`), and there is none.',
    'Give the key with `connectorsApiKey`. If the server wants a login instead, take `auth` out of the entry.',
  ),
  CONNECTOR_REFUSED: entry(
    'The connector refused the request (401 or 403): it wants a key, or the key is wrong or may not do this.',
    'Correct the key of the entry, or its scopes. If the server offers a login instead, take the key out and run ' +
      '`mcp-switchyard auth login CONNECTOR`.',
  ),
  CONNECTOR_ADDRESS_REFUSED: entry(
    'A connector of a service map is, by its address or that of its name, not on the public internet, and ' +
      '`allowPrivateEndpoints` is off. Nothing was sent to it.',
    'If it is meant, put the connector into a local file or the registry, or set `allowPrivateEndpoints`; ' +
      'else look at who wrote the map. It is tried again with each refresh in the background.',
  ),
  CONNECTOR_LOOP: entry(
    'The connector is the gateway itself, or starts another that serves the same: what `mcp-switchyard ' +
      'config` prints was pasted into the file that the gateway reads.',
    'Take it out of the configuration of the gateway; clients and gateway need a file each.',
  ),
  CONNECTOR_REDIRECTED: entry(
    'The connector answered with a redirect that is not followed: to another origin, or one too many.',
    'Put the final address into the service map, if you trust it.',
  ),
  CONNECTOR_CONNECT_FAILED: entry(
    'The connector could not be reached or did not speak MCP.',
    'Check its endpoint; the cause names the failure.',
  ),
  CONNECTOR_COMMAND_FAILED: entry(
    'The program of a local connector could not be started.',
    'Correct what the message names: the command, its folder or its permissions.',
  ),
  CONNECTOR_EXITED: entry(
    'The program of a local connector ended though nobody told it to.',
    'Look at the last line it wrote to stderr, in `detail.stderr`; run the command by hand.',
  ),
  CONNECTOR_TIMEOUT: entry(
    'The connector did not answer within the deadline of this phase.',
    'Check the connector, or raise its `timeouts`.',
  ),
  CONNECTOR_LIST_INVALID: entry(
    'The tool list of the connector is malformed, endless or beyond the caps.',
    'Fix the connector, or raise the caps.',
  ),
  CONNECTOR_GONE: entry(
    'The connector was removed, disabled or closed while this ran.',
    'Nothing to do: the service map or `close()` asked for it.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
