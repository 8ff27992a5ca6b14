import type { IncomingMessage } from 'node:http';

/** Headers that a request has once. Of two, a proxy in front might read one, and this server the other. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'origin',
  'transfer-encoding',
]);

const MAX_PORT = 65_535;

/**
 * Says why a request is malformed, though Node.js reads it: it has a header twice (RFC 9112 section 3.2 asks for 400
 * for two `Host`), or a `Host` that is none. Null if nothing is wrong.
 */
export function requestFault({ rawHeaders, headers }: IncomingMessage): string | null {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return `The header ${name} is there twice`;
    seen.add(name);
  }
  return hostName(headers.host) === null ? 'The header host is malformed or missing' : null;
}

/** The name in `Host`, without the port, in lower case; null where there is none. */
export function hostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:@/?#\\,\s]+)(?::(\d{1,5}))?$/i.exec(host ?? '');
  if (match === null || Number(match[2] ?? 1) > MAX_PORT || Number(match[2] ?? 1) === 0) return null;
  return match[1]?.toLowerCase() ?? null;
}
