import { oauthFault } from './oauth-members.ts';
import type { RawEntry } from './service-map.ts';

/** An entry of a proven map that this host leaves out, alone. */
export interface UnusableEntry {
  readonly id: string;
  /** Names the field, and says what is wrong with it. */
  readonly reason: string;
}

/**
 * Headers of the connection and of the message's own length. Two of them, or wrong ones, break the request or address
 * another host.
 */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const KNOWN_AUTH_TYPES: ReadonlySet<unknown> = new Set(['none', 'bearer', 'apiKey', 'oauth']);

/** Members of `auth` that are about a login. Beside a type that names a key, nobody knows which of them is meant. */
const LOGIN_MEMBERS = ['oauth', 'grant', 'clientId', 'clientSecret', 'clientSecretEnv', 'tokenUrl', 'scopes'];

/** Longest text of a map that a reason quotes. */
const MAX_QUOTED = 64;

/** Whether a header belongs to the connection, so that no entry may set it. */
export function isConnectionHeader(name: string): boolean {
  return OF_THE_CONNECTION.has(name.toLowerCase());
}

/**
 * Why this host cannot or must not use an entry of valid shape, naming the field; null if it can. Such an entry is
 * left out alone: the map is as its signers wrote it, perhaps for newer hosts.
 */
export function entryFault({ headers, auth, oauth }: RawEntry): string | null {
  for (const name of Object.keys(asObject(headers)))
    if (isConnectionHeader(name)) return `headers.${name} is a header that belongs to the connection`;
  return authFault(asObject(auth)) ?? (oauth === undefined ? null : loginFault('oauth', oauth));
}

function authFault(auth: Readonly<Record<string, unknown>>): string | null {
  const { type, headerName, ...rest } = auth;
  if (type !== undefined && !KNOWN_AUTH_TYPES.has(type)) return `auth.type ${quoted(type)} is not known to this host`;
  if (typeof headerName === 'string' && isConnectionHeader(headerName))
    return `auth.headerName ${headerName} is a header that belongs to the connection`;
  if (type === 'oauth') return loginFault('auth', rest);
  const member = LOGIN_MEMBERS.find((name) => Object.hasOwn(rest, name));
  return member === undefined ? null : `auth.${member} is about a login, and auth.type is ${quoted(type)}`;
}

function loginFault(place: 'auth' | 'oauth', settings: unknown): string | null {
  const fault = oauthFault(settings);
  return fault === null ? null : `${place}${fault.member === null ? '' : `.${fault.member}`} ${fault.why}`;
}

/** Those of these entries that this host leaves out. */
export function unusableOf(entries: readonly RawEntry[]): UnusableEntry[] {
  return entries.flatMap((entry) => {
    const reason = entryFault(entry);
    return reason === null ? [] : [{ id: entry.id, reason }];
  });
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Text of a map for logs and terminals: visible ASCII. */
function quoted(value: unknown): string {
  return `"${String(value)
    .slice(0, MAX_QUOTED)
    .replace(/[^\x20-\x7e]/g, '?')}"`;
}
