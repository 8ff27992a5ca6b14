import { oauthFault } from './oauth-members.ts';
import type { RawEntry } from './service-map.ts';

/** One entry of a verified map that this host does not use. */
export interface UnusableEntry {
  readonly id: string;
  /** Name of the field, and what is wrong with it. */
  readonly reason: string;
}

/**
 * Headers that concern the connection or the length of the message. If an entry sets one of them, the request breaks or
 * reaches another host.
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

/**
 * Members of `auth` that describe a login. If the type of `auth` describes a key, these members contradict the type.
 */
const LOGIN_MEMBERS = ['oauth', 'grant', 'clientId', 'clientSecret', 'clientSecretEnv', 'tokenUrl', 'scopes'];

/** Maximum length of a string from a map that is quoted in a reason. */
const MAX_QUOTED = 64;

/** Whether a header concerns the connection. Entries must not set such headers. */
export function isConnectionHeader(name: string): boolean {
  return OF_THE_CONNECTION.has(name.toLowerCase());
}

/**
 * Returns why this host cannot or must not use an entry of valid shape; null if it can use the entry. The reason names
 * the field. Only this entry is left out and the map is accepted, because the map may be meant for newer hosts too.
 */
export function entryFault({ headers, auth, oauth }: RawEntry): string | null {
  for (const name of Object.keys(asObject(headers)))
    if (isConnectionHeader(name)) return `headers.${name} is a header that belongs to the connection`;
  return authFault(asObject(auth)) ?? (oauth === undefined ? null : loginFault('oauth', oauth));
}

function authFault(auth: Readonly<Record<string, unknown>>): string | null {
  const { type, headerName, ...rest } = auth;
  if (type !== undefined && !KNOWN_AUTH_TYPES.has(type))
    return `auth.type ${quoted(type)} is not supported by this host`;
  if (typeof headerName === 'string' && isConnectionHeader(headerName))
    return `auth.headerName ${headerName} is a header that belongs to the connection`;
  if (type === 'oauth') return loginFault('auth', rest);
  const member = LOGIN_MEMBERS.find((name) => Object.hasOwn(rest, name));
  return member === undefined ? null : `auth.${member} is about a login, but auth.type is ${quoted(type)}`;
}

function loginFault(place: 'auth' | 'oauth', settings: unknown): string | null {
  const fault = oauthFault(settings);
  return fault === null ? null : `${place}${fault.member === null ? '' : `.${fault.member}`} ${fault.why}`;
}

/** Returns the entries that this host does not use, with the reasons. */
export function unusableOf(entries: readonly RawEntry[]): UnusableEntry[] {
  return entries.flatMap((entry) => {
    const reason = entryFault(entry);
    return reason === null ? [] : [{ id: entry.id, reason }];
  });
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Quotes text from a map for logs and terminals. The result contains only visible ASCII characters. */
function quoted(value: unknown): string {
  return `"${String(value)
    .slice(0, MAX_QUOTED)
    .replace(/[^\x20-\x7e]/g, '?')}"`;
}
