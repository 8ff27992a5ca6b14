import type { ErrorCode } from '../error-codes.ts';
import { ConnectorManifestError } from '../errors.ts';
import { anything, flag, oneOf, optional, that } from '../validation/check.ts';
import { Fault, placeOf } from '../validation/fault.ts';
import { number, positive, upTo, wholeNumber } from '../validation/numbers.ts';
import { itemsFrom, list, looseObject, record } from '../validation/objects.ts';
import { instant, matching, text, units } from '../validation/text.ts';
import { loginMembersOf } from './oauth-settings.ts';

/** How to authenticate to a connector. */
export interface ConnectorAuth {
  readonly type: 'none' | 'bearer' | 'apiKey';
  /** Header that carries an `apiKey`. Defaults to `Authorization`. */
  readonly headerName?: string | undefined;
}

/** A tool as the map describes it. The tool list of the connector itself takes precedence. */
export interface RemoteTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** Protocol generation to use with a connector. `auto` detects it. */
export type EraPolicy = 'auto' | 'legacy' | 'modern';

/** How messages travel to a connector. `auto` tries Streamable HTTP first, and SSE second. */
export type TransportPolicy = 'auto' | 'streamable-http' | 'sse';

/**
 * One connector of a map in its normalized form. Maps may use either of two sets of member names, and `name`, `status`
 * and `ttl` are filled in from either. Members that this package does not know are kept unchanged.
 */
export interface ConnectorEntry {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly status: 'enabled' | 'disabled';
  /** Not used by this package, because publishers disagree on it. Defaults to the map's `ttlSeconds`. */
  readonly ttl: number;
  readonly scopes: readonly string[];
  readonly endpoint: string;
  readonly description?: string | undefined;
  readonly auth?: ConnectorAuth | undefined;
  /** Login settings, or false for no login. `auth: { type: "oauth", … }` is converted to this member. */
  readonly oauth?: Readonly<Record<string, unknown>> | false | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly quotas?: Readonly<Record<string, number>> | undefined;
  /** Timeouts in milliseconds. Known names are `connect`, `list` and `call`. */
  readonly timeouts?: Readonly<Record<string, number>> | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly remoteTools?: readonly RemoteTool[] | undefined;
  readonly era?: EraPolicy | undefined;
  readonly transport?: TransportPolicy | undefined;
  /** Digests that tool definitions must have, by the connector's own tool names (approved-digest.ts). */
  readonly toolDigests?: Readonly<Record<string, string>> | undefined;
  readonly [member: string]: unknown;
}

/** Members of a map as the publisher wrote them, without `connectors`, `signature` and `signatures`. */
export interface ServiceMapHeader {
  readonly id: string;
  readonly brand: string;
  /** When the map was generated, in ISO 8601. */
  readonly generatedAt: string;
  readonly ttlSeconds: number;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly [member: string]: unknown;
}

/** An entry as the publisher wrote it. Its shape has been checked. */
export type RawEntry = Readonly<Record<string, unknown>> & { readonly id: string; readonly endpoint: string };

/** A received map whose shape has been checked. */
export interface CheckedServiceMap {
  readonly header: ServiceMapHeader;
  readonly entries: readonly RawEntry[];
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
}

const MAX_TTL_SECONDS = 30 * 24 * 3600;

/** Ids are parts of tool names, metric labels and log lines, never of paths. Only a few characters are allowed. */
const id = text(matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ -'));

const endpoint = text(units(0, 2048), that(isHttpEndpoint, 'must be an http or https URL without credentials'));

/** Matches nearly all valid endpoints. All other URLs are checked with the URL parser, which is slower. */
const PLAIN_ENDPOINT =
  /^https?:\/\/(127\.0\.0\.1|([a-z\d]+(-[a-z\d]+)*\.)*[a-z][a-z\d]*(-[a-z\d]+)*)(:\d{1,4})?([/?#][\x21-\x7e]*)?$/;

/** Whether `text` is an absolute http or https URL without credentials. */
export function isHttpEndpoint(text: string): boolean {
  if (PLAIN_ENDPOINT.test(text)) return true;
  // URL.parse drops line breaks, tabs and leading blanks, and accepts characters that change the direction of text. The
  // URL that a person sees would differ from the URL that the program uses.
  const url = /[\p{Cc}\p{Cf}\s]/u.test(text) ? null : URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** Whether `text` can be the value of an HTTP header (RFC 9110 section 5.5). */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** Whether `text` can be the name of an HTTP header (RFC 9110 section 5.1). */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(text);
}

const headerName = text(that(isHeaderName, 'must be a header name'));
const headerValue = text(units(0, 8192), that(isHeaderValue, 'contains a character that is not allowed in a header'));

const nonEmpty = text(units(1, 1024));
const strings = list(text());

/** SHA-256 in base64url (RFC 4648 section 5). The last of the 43 characters ends with two zero bits. */
const toolDigest = text(
  matching(/^sha-256:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be sha-256: and 43 characters of base64url'),
);

/** Checks the shape of an entry. */
export const checkEntryShape = looseObject(
  {
    id,
    version: nonEmpty,
    name: optional(nonEmpty),
    displayName: optional(nonEmpty),
    status: optional(oneOf('enabled', 'disabled')),
    enabled: optional(flag),
    ttl: optional(number()),
    ttlSeconds: optional(number()),
    scopes: list(text(), itemsFrom(1)),
    endpoint,
    description: optional(text()),
    // An unknown type makes only the entry unusable, and the map is still accepted (entry-fault.ts).
    auth: optional(looseObject({ type: text(units(1, 64)), headerName: optional(headerName) })),
    headers: optional(record(headerValue, headerName)),
    quotas: optional(record(number())),
    timeouts: optional(record(number(positive))),
    metadata: optional(record(anything)),
    tags: optional(strings),
    remoteTools: optional(
      list(
        looseObject({
          ...{ name: nonEmpty, description: optional(text()) },
          ...{ tags: optional(strings), scopes: optional(strings) },
        }),
      ),
    ),
    era: optional(oneOf('auto', 'legacy', 'modern')),
    toolDigests: optional(record(toolDigest, nonEmpty)),
    transport: optional(oneOf('auto', 'streamable-http', 'sse')),
  },
  that((entry) => entry.name !== undefined || entry.displayName !== undefined, 'needs name or displayName'),
  that((entry) => entry.status !== undefined || entry.enabled !== undefined, 'needs status or enabled'),
);

/** Checks the shape of a map without its entries. */
export const checkMapShape = looseObject({
  id: nonEmpty,
  brand: nonEmpty,
  generatedAt: instant,
  ttlSeconds: wholeNumber(positive, upTo(MAX_TTL_SECONDS)),
  connectors: list(anything),
  metadata: optional(record(anything)),
});

/** Casts a parsed document to a map, without checking its shape. Throws MAP_SCHEMA if it is not an object. */
export function asServiceMap(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new ConnectorManifestError('MAP_SCHEMA', 'The service map is invalid: it must be an object');
}

/**
 * Checks the shape of a map. One invalid entry makes the whole map invalid, because a publisher that signs one invalid
 * entry cannot be trusted with the other entries. Throws MAP_SCHEMA, MAP_TTL_INVALID, MAP_ID_INVALID,
 * MAP_ENDPOINT_INVALID, MAP_TOO_MANY_CONNECTORS or MAP_DUPLICATE_ID. The message states the place of the fault.
 */
export function checkServiceMap(map: Readonly<Record<string, unknown>>, maxConnectors: number): CheckedServiceMap {
  const checked = checkMapShape(map);
  if (checked instanceof Fault) throw schemaError('', checked);
  const { connectors, signature: _signature, signatures: _signatures, ...header } = map;
  const entries = connectors as readonly unknown[];
  if (entries.length > maxConnectors) {
    throw new ConnectorManifestError(
      'MAP_TOO_MANY_CONNECTORS',
      `The service map has ${entries.length} connectors; at most ${maxConnectors} are allowed.`,
    );
  }
  const ids = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const id = checkEntry(entry, index);
    if (ids.has(id)) {
      throw new ConnectorManifestError('MAP_DUPLICATE_ID', `Two connectors of the service map have the id "${id}".`);
    }
    ids.add(id);
  }
  const generatedAtMs = Date.parse(checked.generatedAt);
  return {
    header: header as ServiceMapHeader,
    entries: entries as readonly RawEntry[],
    generatedAtMs,
    expiresAtMs: generatedAtMs + checked.ttlSeconds * 1000,
  };
}

/** Checks an entry and returns its id. Throws MAP_SCHEMA, MAP_ID_INVALID or MAP_ENDPOINT_INVALID. */
export function checkEntry(entry: unknown, index: number): string {
  const checked = checkEntryShape(entry);
  if (checked instanceof Fault) throw schemaError(`connectors[${index}]`, checked);
  return checked.id;
}

/** Error codes of faults in certain members. Faults in all other members have the code MAP_SCHEMA. */
const CODE_OF_MEMBER: Readonly<Record<string, ErrorCode>> = {
  ttlSeconds: 'MAP_TTL_INVALID',
  'connectors.id': 'MAP_ID_INVALID',
  'connectors.endpoint': 'MAP_ENDPOINT_INVALID',
};

function schemaError(entry: string, fault: Fault): ConnectorManifestError {
  const path = placeOf(fault.path);
  const place = [entry, path].filter((part) => part !== '').join('.') || 'the map itself';
  const code = CODE_OF_MEMBER[entry === '' ? path : `connectors.${path}`] ?? 'MAP_SCHEMA';
  return new ConnectorManifestError(code, `The service map is invalid at ${place}: ${fault.message}`, {
    detail: { place },
  });
}

/** Whether an entry is enabled. An entry is disabled if `status` or `enabled` says so. */
export function isEnabled(raw: RawEntry): boolean {
  return raw.status !== 'disabled' && raw.enabled !== false;
}

/** Normalizes a checked entry. All members that the publisher wrote are kept. */
export function normalizeEntry(raw: RawEntry, mapTtlSeconds: number): ConnectorEntry {
  return Object.freeze({
    ...raw,
    ...loginMembersOf(raw),
    name: raw.name ?? raw.displayName,
    status: isEnabled(raw) ? 'enabled' : 'disabled',
    ttl: raw.ttl ?? raw.ttlSeconds ?? mapTtlSeconds,
  }) as unknown as ConnectorEntry;
}
