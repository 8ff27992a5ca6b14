/** What a code of the table says to people. docs/errors.md is generated from it. */
export interface ErrorCodeEntry {
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** What the reader can do about it. */
  readonly remedy: string;
}

const entry = (meaning: string, remedy: string): ErrorCodeEntry => ({ meaning, remedy });

/** Every code an error of this package can carry. Codes are API: they may be added, never renamed. */
export const ERROR_CODES = {
  OPTIONS_INVALID: entry('An option has a value that cannot work.', 'Correct the option that the message names.'),
  SECRET_UNAVAILABLE: entry(
    'A function that was given in place of a key threw or rejected.',
    "Look at the cause; it is the function's own error.",
  ),
  CONFIG_INVALID: entry(
    'A file of local connectors could not be read, or holds none of the forms that clients write.',
    'Correct it at the line and column that the message names.',
  ),
  AGENT_INCOMPATIBLE: entry(
    'The `agent` does not take the requests of undici 8; one of undici 6 is the usual case.',
    'Make it with undici 7 or 8, or leave it out.',
  ),
  CLOSED: entry('The manager was closed before or while this was asked.', 'Create a new manager.'),

  MAP_UNREACHABLE: entry(
    'The service map could not be fetched.',
    'Check the URL, the network and the server; the cause names the failure.',
  ),
  MAP_DNS: entry(
    'The host name in the URL of the service map does not resolve.',
    'Check the spelling, the resolver and whether a proxy should do it.',
  ),
  MAP_CONNECT_TIMEOUT: entry(
    'No connection to the server of the service map came about in time.',
    'Check firewalls and routes to host and port.',
  ),
  MAP_TLS: entry(
    'The TLS handshake with the server of the service map failed; nothing is ever fetched without it instead.',
    'Renew or correct the certificate, or name its authority in `tls.ca`.',
  ),
  MAP_PROXY: entry(
    'The proxy on the way to the service map could not be used or refused.',
    'Check `proxy`, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
  ),
  MAP_CONNECTION_LOST: entry(
    'The connection broke before the service map was there in full.',
    'Look at the server and at whatever is in between; it is asked again by itself.',
  ),
  MAP_HTTP_INVALID: entry(
    'What the server of the service map sent is not valid HTTP, or its header is too large.',
    'Check that the URL names an HTTP server, and what is in front of it.',
  ),
  MAP_DECODE: entry(
    'The compressed body of the service map is damaged.',
    'Look at the server and at the caches in between.',
  ),
  MAP_TIMEOUT: entry(
    'The exchange for the service map did not end within its deadline.',
    'Check the server, or raise `timeoutMs`.',
  ),
  MAP_HTTP_STATUS: entry(
    'The server answered the request for the service map with an unusable status.',
    'Check URL and `apiKey`; the message names the status.',
  ),
  MAP_UNAUTHORIZED: entry(
    'The server refused the credentials sent for the service map (401 or 403), or wants some.',
    'Check `apiKey` and what it may read.',
  ),
  MAP_RATE_LIMITED: entry(
    'The server wants fewer requests for the service map (429).',
    'Nothing: it is asked again once its Retry-After is over, at most 5 minutes later.',
  ),
  MAP_REDIRECTED: entry(
    'The server answered with a redirect, which is never followed.',
    'Configure the URL it points to, if you trust it.',
  ),
  MAP_NOT_MODIFIED_UNASKED: entry(
    'The server answered 304 to a request that named no known version.',
    'Fix the server or the cache in front of it.',
  ),
  MAP_TOO_LARGE: entry(
    'The service map is larger than the byte cap, counted after decompression.',
    'Raise `maxMapBytes` if the size is meant.',
  ),
  MAP_BOM: entry(
    'The service map starts with a byte order mark.',
    'Serve plain UTF-8 without a BOM (RFC 8259 section 8.1).',
  ),
  MAP_ENCODING: entry('The service map is not valid UTF-8.', 'Serve UTF-8.'),
  MAP_SYNTAX: entry(
    'The service map is not JSON.',
    'Look at what the URL really serves; a login page is a frequent answer.',
  ),
  MAP_TOO_DEEP: entry('The service map nests deeper than 64 levels.', 'Flatten its metadata.'),
  MAP_DUPLICATE_KEY: entry(
    'An object of the service map names the same key twice.',
    'Remove one; readers disagree on which of the two counts.',
  ),
  MAP_FORBIDDEN_KEY: entry(
    'The service map uses a key that can change the prototype of a JavaScript object.',
    'Rename the key.',
  ),
  MAP_NOT_REPRESENTABLE: entry(
    'The service map holds a lone surrogate or a number beyond the range of a double, which has no canonical form (RFC 8785).',
    'Send such values as well-formed strings.',
  ),
  MAP_SIGNATURE_MISSING: entry('The service map carries no signature.', 'Sign it; an unsigned map is never accepted.'),
  MAP_SIGNATURE_MALFORMED: entry(
    'The signature is neither 43 characters of base64url nor 64 of lower-case hex.',
    'Fix how the producer encodes it.',
  ),
  MAP_SIGNATURE_MISMATCH: entry(
    'The signature does not belong to this content and this key.',
    'Compare the keys of both sides; else treat the content as tampered with.',
  ),
  MAP_SCHEMA: entry('The service map does not have the required shape.', 'Correct the field that the message names.'),
  MAP_TTL_INVALID: entry(
    'The `ttlSeconds` of the service map is no whole number of 1 second to 30 days.',
    'Correct it at the producer.',
  ),
  MAP_ID_INVALID: entry(
    'The id of a connector holds what no id may, or is too long.',
    'Use 1 to 128 of A-Z a-z 0-9 . _ - and start with a letter or digit.',
  ),
  MAP_ENDPOINT_INVALID: entry(
    'The endpoint of a connector is no http or https URL without credentials.',
    'Correct it; keys go into `auth`.',
  ),
  MAP_DUPLICATE_ID: entry(
    'Two connectors of the service map share an id.',
    'Give each its own id; the whole map is refused.',
  ),
  MAP_TOO_MANY_CONNECTORS: entry(
    'The service map lists more connectors than allowed.',
    'Raise `maxConnectors` if the number is meant.',
  ),
  MAP_EXPIRED: entry(
    'The service map is past `generatedAt + ttlSeconds`.',
    'Let the producer issue a new one; compare the clocks.',
  ),
  MAP_FROM_FUTURE: entry(
    'The service map was generated later than now, beyond the allowed clock skew.',
    'Compare the clocks of both machines.',
  ),
  MAP_ROLLED_BACK: entry(
    'The service map is older than one that was accepted before.',
    'Look for a stale cache or a replay between the producer and here.',
  ),
  MAP_EQUIVOCATED: entry(
    'Two different service maps were signed for the same instant. A warning: the later one counts.',
    'Let the producer date each map anew; if it does, somebody else holds its key.',
  ),
  MAP_MASS_REMOVAL: entry(
    'More than half of the connectors are missing from a new service map. A warning: they stay until the next load agrees.',
    'Nothing if it is meant; else mend the producer before the next refresh.',
  ),
  CIRCUIT_OPEN: entry(
    'Several refreshes in a row failed; no request is sent until the pause is over.',
    'Wait, or mend what the last error names.',
  ),

  PROTOCOL_MISMATCH: entry(
    'Main thread and worker come from different versions of this package.',
    'Reinstall the package; a bundler may have kept an old worker file.',
  ),
  WORKER_LOST: entry(
    'The worker thread ended, ran out of memory or never answered; the task failed and the thread is replaced.',
    'Retry; if it recurs, report it with the cause.',
  ),
  WORKER_CRASH_LOOP: entry(
    'Worker threads were lost several times within a minute; none is started until that minute is over.',
    'Look at the causes of the WORKER_LOST before it; a map that needs too much memory is a frequent one.',
  ),
  WORKER_STUCK: entry(
    'A worker thread did not end when it was told to, as in a system call that hangs. The process cannot exit by itself.',
    'End the process with SIGKILL; the command line does so by itself.',
  ),
  WORKER_QUEUE_FULL: entry('Too many loads wait for a worker thread.', 'Refresh less often.'),
  LOAD_CANCELLED: entry('The load was cancelled.', 'Nothing to do: somebody asked for it.'),

  STORE_UNAVAILABLE: entry(
    'The state directory cannot be used.',
    'Check path, permissions and space; everything else goes on without it.',
  ),
  STORE_TOO_NEW: entry(
    'The store was written by a newer version of this package.',
    'Use that version, or another `stateDir`.',
  ),
  STORE_CORRUPT: entry(
    'A stored record does not match its checksum and was ignored.',
    'Nothing; it is fetched and stored again.',
  ),

  SERVER_INVALID: entry(
    'A server of the registry cannot be brought up as it is, or what was to be registered is none.',
    'Correct the member that the message names: `mcp-switchyard registry add --replace`, or in `servers.json`.',
  ),
  SERVER_TRANSPORT_UNSUPPORTED: entry(
    'A server of the registry has a transport that is not spoken here (`ws`).',
    'Register it with another transport, if it has one; it stays in the registry for others.',
  ),
  SERVER_EXISTS: entry(
    'The registry has a server of this name already, and it is another one.',
    'Give `--replace`, or another name.',
  ),
  SERVER_UNKNOWN: entry('The registry has no server of this name.', 'Compare with `mcp-switchyard registry list`.'),
  SECRET_MASKED: entry(
    'A value is the text that stands in place of a secret that was not shown; it is never taken for the secret itself.',
    'Put the secret there, or export anew with `--show-secrets`.',
  ),

  CONNECTOR_UNKNOWN: entry('The service map has no connector of this id.', 'Compare with `listConnectors()`.'),
  CONNECTOR_UNAVAILABLE: entry(
    'The connector is not connected at the moment.',
    'Retry later; `status()` says why and since when.',
  ),
  CONNECTOR_AUTH_MISSING: entry('The connector wants a key and none is configured.', 'Set `connectorsApiKey`.'),
  CONNECTOR_REFUSED: entry(
    'The connector refused the credentials (401 or 403).',
    'Check `connectorsApiKey` and the scopes of the key.',
  ),
  CONNECTOR_ADDRESS_REFUSED: entry(
    'A connector of a service map is, by its address or that of its name, not on the public internet, and `allowPrivateEndpoints` is off. Nothing was sent to it.',
    'If it is meant, put the connector into a local file or the registry, or set `allowPrivateEndpoints`; else look at who wrote the map. It is tried again with each refresh in the background.',
  ),
  CONNECTOR_LOOP: entry(
    'The connector is the gateway itself, or starts another that serves the same: what `mcp-switchyard config` prints was pasted into the file that the gateway reads.',
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
  TOOL_UNKNOWN: entry(
    'No connected connector offers a tool of this name.',
    'Compare with `listTools()`, or `mcp-switchyard tools`.',
  ),
  TOOL_CHANGED: entry(
    'The definition of the tool is no longer the one that was first seen, and `pinTools` is `quarantine`.',
    'Look at it with `mcp-switchyard tools diff`; if it is right, `mcp-switchyard tools approve` it.',
  ),
  TOOL_CALL_REJECTED: entry(
    'The connector answered the call with a JSON-RPC error.',
    'Read the message; it comes from the connector.',
  ),
  TOOL_CALL_TIMEOUT: entry(
    'The tool did not answer in time; it may still have run.',
    'Raise `timeoutMs`, or ask the connector.',
  ),
  TOOL_CALL_ABORTED: entry(
    'The caller aborted the call; it may still have run.',
    'Nothing to do: the caller asked for it.',
  ),
  TOOL_CALL_LOST: entry(
    'The connection failed during the call. `detail.sent` says whether the tool may have run (`maybe`) or surely did not (`no`, after it was sent again once).',
    'Repeat it if the tool is safe to repeat.',
  ),
  TOOL_RESULT_TOO_LARGE: entry(
    'The answer of the connector is larger than the cap, counted after decompression; the tool did run.',
    'Ask for less, or raise `maxResultBytes`.',
  ),
  QUOTA_EXCEEDED: entry(
    'The quota that the service map sets for the connector is used up and too many calls wait already, or it allows none.',
    'Call less often, or raise the quota in the map.',
  ),

  LISTEN_FAILED: entry(
    'The gateway cannot listen where it was told to.',
    'Read the message: another program may have the port (`--port 0` takes any that is free), or the address is none of this machine.',
  ),

  INTERNAL: entry('Something failed that this package did not foresee.', 'Report it with the cause.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** A code of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;
