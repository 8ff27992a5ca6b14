import type { IncomingMessage } from 'node:http';

/** Headers that a request has once. Of two, a proxy in front might read one, and this server the other. */
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
 * Says why a request is malformed, though Node.js reads it: it has a header twice (RFC 9112 section 3.2 asks for 400
 * for two `Host`), or a `Host` that is none. Null if nothing is wrong.
 */
export function requestFault({ rawHeaders, headers }: IncomingMessage): string | null {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const bit = SINGLE.get(name) ?? SINGLE.get(name.toLowerCase()) ?? 0;
    if ((seen & bit) !== 0) return `The header ${name.toLowerCase()} is there twice`;
    seen |= bit;
  }
  return hostName(headers.host) === null ? 'The header host is malformed or missing' : null;
}

/** The name in `Host`, without the port, in lower case; null where there is none. */
export function hostName(host: string | undefined): string | null {
  if (host === lastHost) return lastName;
  lastName = readHostName(host);
  lastHost = host;
  return lastName;
}

/** Nearly all requests name the same host as the one before. */
let lastHost: string | undefined;
let lastName: string | null = null;

function readHostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:@/?#\\,\s]+)(?::(\d{1,5}))?$/i.exec(host ?? '');
  if (match === null || Number(match[2] ?? 1) > MAX_PORT || Number(match[2] ?? 1) === 0) return null;
  return match[1]?.toLowerCase() ?? null;
}
