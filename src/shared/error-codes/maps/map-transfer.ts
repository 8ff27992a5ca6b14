import { type ErrorCodeEntry, entry } from '../entry.ts';

/** A service map on its way here: network, HTTP, size. */
export const MAP_TRANSFER_ERRORS = {
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
} as const satisfies Record<string, ErrorCodeEntry>;
