import type { ErrorCode } from '../../../shared/error-codes.ts';

/** Remedies that name flags. They replace general remedies that name options of the library. */
export const OWN_REMEDIES: Partial<Readonly<Record<ErrorCode, string>>> = {
  MAP_TLS: 'Check the certificate of the server, or name the authority that issued it with `--ca FILE`.',
  MAP_PROXY: 'Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
  MAP_TIMEOUT: 'Check the server and the network, or raise `--timeout`.',
  MAP_HTTP_STATUS: 'Check the URL and the server; if the map needs a key, give it with `--map-key-env`.',
  MAP_UNAUTHORIZED: 'Check the key that `--map-key-env` names.',
  MAP_TOO_LARGE: 'Publish a smaller map: the command line reads at most 32 MiB.',
  MAP_TOO_MANY_CONNECTORS: 'Publish a smaller map: the command line accepts at most 100 000 connectors.',
  CONFIG_INVALID: 'Correct the file, or name another file with `--config`.',
  STORE_FOREIGN: 'Name another folder with `--state-dir`.',
  STORE_TOO_NEW: 'Use the newer version, or name another folder with `--state-dir`.',
  WORKER_FILE_MISSING: 'Install mcp-switchyard again: one of its files is missing.',
  AGENT_INCOMPATIBLE: 'Report this error: the command line uses its own agent.',
  CONNECTOR_UNKNOWN: 'List the connectors with `mcp-switchyard status`.',
  CONNECTOR_UNAVAILABLE: 'See the reason with `mcp-switchyard status`. The connection is retried automatically.',
  CONNECTOR_ADDRESS_REFUSED:
    'If the address is intended, put the connector into a local file or the registry, or give `--allow-private`.',
  CONNECTOR_GONE: 'List the connectors that the map and the files have now with `mcp-switchyard status`.',
  CONNECTOR_EXITED: 'Read the last lines that the stdio server wrote to stderr: `mcp-switchyard status` shows them.',
  TOOL_UNKNOWN: 'List the tools with `mcp-switchyard tools`.',
  TOOL_CHANGED:
    'Review the change with `mcp-switchyard tools diff`. If it is intended, run `mcp-switchyard tools approve`.',
  TOOL_CALL_REJECTED: 'Correct the request as the message says.',
  TOOL_CALL_TIMEOUT: 'Check the connector, or raise `--call-timeout`.',
  TOOL_RESULT_TOO_LARGE: 'Request less data: the command line accepts at most 32 MiB.',
  CLOSED: 'Run the command again.',
};
