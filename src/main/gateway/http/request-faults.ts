import type { IncomingMessage } from 'node:http';

/**
 * Headers that may occur only once. If such a header occurred twice, a proxy in front might read the first and this
 * server the second.
 */
const SINGLE: ReadonlyMap<string, number> = new Map(
  [
    'authorization',
    'content-encoding',
    'content-length',
    'content-type',
    'expect',
    'host',
    'origin',
    'transfer-encoding',
  ].map((name, index) => [name, 1 << index]),
);

const MAX_PORT = 65_535;

/**
 * Returns why a request is malformed although Node.js accepts it: a repeated header, or an invalid or missing `Host`.
 * RFC 9112 section 3.2 requires 400 for two `Host` headers. Null if nothing is wrong.
 */
export function requestFault({ rawHeaders, headers }: IncomingMessage): string | null {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const bit = SINGLE.get(name) ?? SINGLE.get(name.toLowerCase()) ?? 0;
    if ((seen & bit) !== 0) return `The header ${name.toLowerCase()} occurs twice`;
    seen |= bit;
  }
  return hostName(headers.host) === null ? 'The header host is malformed or missing' : null;
}

/** Returns the name in `Host`, without the port, in lower case; null if it is missing or invalid. */
export function hostName(host: string | undefined): string | null {
  if (host === lastHost) return lastName;
  lastName = readHostName(host);
  lastHost = host;
  return lastName;
}

/** Cache of the last host, because nearly all requests name the same host. */
let lastHost: string | undefined;
let lastName: string | null = null;

function readHostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:@/?#\\,\s]+)(?::(\d{1,5}))?$/i.exec(host ?? '');
  if (match === null || Number(match[2] ?? 1) > MAX_PORT || Number(match[2] ?? 1) === 0) return null;
  return match[1]?.toLowerCase() ?? null;
}
