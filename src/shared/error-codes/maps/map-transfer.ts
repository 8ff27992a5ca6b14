import { type ErrorCodeEntry, entry } from '../entry.ts';

/** Error codes of the download of a service map: network, HTTP and size. */
export const MAP_TRANSFER_ERRORS = {
  MAP_UNREACHABLE: entry(
    'The service map could not be fetched.',
    'Check the URL, the network and the server. The cause names the failure.',
  ),
  MAP_DNS: entry(
    'The host name in the URL of the service map does not resolve.',
    'Check the spelling of the name and the DNS resolver. If only a proxy can resolve the name, configure the proxy.',
  ),
  MAP_CONNECT_TIMEOUT: entry(
    'No connection to the server of the service map could be established before the timeout.',
    'Check the firewalls and routes to that host and port.',
  ),
  MAP_TLS: entry(
    'The TLS handshake with the server of the service map failed. The host never requests the map without TLS.',
    'Renew or correct the certificate, or name the authority that issued it in `tls.ca`.',
  ),
  MAP_PROXY: entry(
    'The proxy for the service map could not be used, or refused the request.',
    'Check `proxy`, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
  ),
  MAP_CONNECTION_LOST: entry(
    'The connection broke before the service map was complete.',
    'Check the server, and the proxies and firewalls in front of it. The request is retried automatically.',
  ),
  MAP_HTTP_INVALID: entry(
    'The response to the request for the service map is not valid HTTP, or its header is too large.',
    'Check that an HTTP server listens at the URL, and check the proxies in front of it.',
  ),
  MAP_DECODE: entry(
    'The compressed body of the service map is damaged.',
    'Check the server, and the caches between it and this host.',
  ),
  MAP_TIMEOUT: entry(
    'The request for the service map did not complete before its timeout.',
    'Check the server, or raise `timeoutMs`.',
  ),
  MAP_HTTP_STATUS: entry(
    'The server answered the request for the service map with an unusable status.',
    'Check the URL and `apiKey`. The message names the status.',
  ),
  MAP_UNAUTHORIZED: entry(
    'The server of the service map refused the credentials, or requires credentials (401 or 403).',
    'Check `apiKey` and its permissions.',
  ),
  MAP_RATE_LIMITED: entry(
    'The server limits the rate of requests for the service map (429).',
    'No action is needed: the request is retried after the time in `Retry-After`, at most 5 minutes later.',
  ),
  MAP_REDIRECTED: entry(
    'The server answered with a redirect, which is never followed.',
    'If you trust the URL of the redirect, configure it as the source.',
  ),
  MAP_NOT_MODIFIED_UNASKED: entry(
    'The server answered 304 to a request that sent no `If-None-Match`.',
    'Fix the server or the cache in front of it.',
  ),
  MAP_TOO_LARGE: entry(
    'The service map is larger than the byte limit, measured after decompression.',
    'Raise `maxMapBytes` if the size is intended.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
