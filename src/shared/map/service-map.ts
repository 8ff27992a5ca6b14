import * as z from 'zod';
import type { ErrorCode } from '../error-codes.ts';
import { ConnectorManifestError } from '../errors.ts';

/** How a connector wants to be authenticated. */
export interface ConnectorAuth {
  readonly type: 'none' | 'bearer' | 'apiKey';
  /** Where an `apiKey` goes; `Authorization` if absent. */
  readonly headerName?: string | undefined;
}

/** A tool as the map describes it; what the connector itself lists always wins. */
export interface RemoteTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** Which protocol generation to speak with a connector; `auto` asks it. */
export type EraPolicy = 'auto' | 'legacy' | 'modern';

/** How to carry MCP to a connector; `auto` tries Streamable HTTP, then SSE. */
export type TransportPolicy = 'auto' | 'streamable-http' | 'sse';

/**
 * One connector of a map in its normalised form: whichever dialect it was sent in, `name`, `status` and `ttl` are
 * there. Members this package does not know are kept as they were sent.
 */
export interface ConnectorEntry {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly status: 'enabled' | 'disabled';
  /** Carried, not judged: producers disagree on what it means. The map's `ttlSeconds` where the entry has none. */
  readonly ttl: number;
  readonly scopes: readonly string[];
  readonly endpoint: string;
  readonly description?: string | undefined;
  readonly auth?: ConnectorAuth | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly quotas?: Readonly<Record<string, number>> | undefined;
  /** Deadlines in milliseconds; `connect`, `list` and `call` are known. */
  readonly timeouts?: Readonly<Record<string, number>> | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly remoteTools?: readonly RemoteTool[] | undefined;
  readonly era?: EraPolicy | undefined;
  readonly transport?: TransportPolicy | undefined;
  /** By the name that the connector gives a tool, the digest that its definition must have (tool-digest.ts). */
  readonly toolDigests?: Readonly<Record<string, string>> | undefined;
  readonly [member: string]: unknown;
}

/** The members of a map besides its connectors, `signature` and `signatures`, as they were sent. */
export interface ServiceMapHeader {
  readonly id: string;
  readonly brand: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly ttlSeconds: number;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly [member: string]: unknown;
}

/** An entry as it was sent, known to be valid. */
export type RawEntry = Readonly<Record<string, unknown>> & { readonly id: string; readonly endpoint: string };

/** A received map whose shape has been checked. */
export interface CheckedServiceMap {
  readonly header: ServiceMapHeader;
  readonly entries: readonly RawEntry[];
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
}

const MAX_TTL_SECONDS = 30 * 24 * 3600;

/** Ids become parts of tool names, metric labels and log lines, never of paths: a short ASCII alphabet is enough. */
const idSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ -');

const endpointSchema = z.string().max(2048).refine(isHttpEndpoint, 'must be an http or https URL without credentials');

/** Whether `text` is an absolute http or https URL without credentials. */
export function isHttpEndpoint(text: string): boolean {
  // URL.parse drops line breaks, tabs and leading blanks and lets overrides of direction pass: it would not be what
  // it looks like.
  const url = /[\p{Cc}\p{Cf}\s]/u.test(text) ? null : URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === ''
  );
}

/** Whether `text` can be the value of an HTTP header (RFC 9110 section 5.5). */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** Whether `text` can be the name of an HTTP header (RFC 9110 section 5.1). */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(text);
}

const headerName = z.string().refine(isHeaderName, 'must be a header name');
const headerValue = z.string().max(8192).refine(isHeaderValue, 'holds a character that no header may');

const nonEmpty = z.string().min(1).max(1024);
const strings = z.array(z.string());
const numbers = z.record(z.string(), z.number());

/** SHA-256 in base64url (RFC 4648 section 5): the last of 43 characters carries 4 bits and two zeros. */
const toolDigest = z
  .string()
  .regex(/^sha-256:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be sha-256: and 43 characters of base64url');

const entrySchema = z.compile(
  z
    .looseObject({
      id: idSchema,
      version: nonEmpty,
      name: nonEmpty.optional(),
      displayName: nonEmpty.optional(),
      status: z.enum(['enabled', 'disabled']).optional(),
      enabled: z.boolean().optional(),
      ttl: z.number().optional(),
      ttlSeconds: z.number().optional(),
      scopes: strings.min(1),
      endpoint: endpointSchema,
      description: z.string().optional(),
      // A type that is not known here makes the entry unusable, not the map (entry-fault.ts).
      auth: z.looseObject({ type: z.string().min(1).max(64), headerName: headerName.optional() }).optional(),
      headers: z.record(headerName, headerValue).optional(),
      quotas: numbers.optional(),
      timeouts: z.record(z.string(), z.number().positive()).optional(),
      metadata: z.record(z.string(), z.unknown()).optional(),
      tags: strings.optional(),
      remoteTools: z
        .array(
          z.looseObject({
            name: nonEmpty,
            description: z.string().optional(),
            tags: strings.optional(),
            scopes: strings.optional(),
          }),
        )
        .optional(),
      era: z.enum(['auto', 'legacy', 'modern']).optional(),
      toolDigests: z.record(nonEmpty, toolDigest).optional(),
      transport: z.enum(['auto', 'streamable-http', 'sse']).optional(),
    })
    .refine((entry) => entry.name !== undefined || entry.displayName !== undefined, 'needs name or displayName')
    .refine((entry) => entry.status !== undefined || entry.enabled !== undefined, 'needs status or enabled'),
);

const mapSchema = z.compile(
  z.looseObject({
    id: nonEmpty,
    brand: nonEmpty,
    generatedAt: z.iso.datetime({ offset: true }),
    ttlSeconds: z.int().positive().max(MAX_TTL_SECONDS),
    connectors: z.array(z.unknown()),
    metadata: z.record(z.string(), z.unknown()).optional(),
  }),
);

/** A parsed document as a map whose shape is still to be checked. Throws MAP_SCHEMA where it is no object. */
export function asServiceMap(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new ConnectorManifestError('MAP_SCHEMA', 'The service map is invalid at the map itself: expected an object');
}

/**
 * Checks the shape of a map. One bad entry refuses the whole map: it is signed as a whole, and a producer that
 * signs nonsense in one place is not to be trusted in the next. Throws MAP_SCHEMA naming the place,
 * MAP_TTL_INVALID, MAP_ID_INVALID, MAP_ENDPOINT_INVALID, MAP_TOO_MANY_CONNECTORS, MAP_DUPLICATE_ID.
 */
export function checkServiceMap(map: Readonly<Record<string, unknown>>, maxConnectors: number): CheckedServiceMap {
  const checked = mapSchema.safeParse(map);
  if (!checked.success) throw schemaError('', checked.error);
  const { connectors, signature: _signature, signatures: _signatures, ...header } = map;
  const entries = connectors as readonly unknown[];
  if (entries.length > maxConnectors) {
    throw new ConnectorManifestError(
      'MAP_TOO_MANY_CONNECTORS',
      `The service map lists ${entries.length} connectors; at most ${maxConnectors} are allowed.`,
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
  const generatedAtMs = Date.parse(checked.data.generatedAt);
  return {
    header: header as ServiceMapHeader,
    entries: entries as readonly RawEntry[],
    generatedAtMs,
    expiresAtMs: generatedAtMs + checked.data.ttlSeconds * 1000,
  };
}

/** Checks the shape of an entry; its id. Throws MAP_SCHEMA naming the place, MAP_ID_INVALID, MAP_ENDPOINT_INVALID. */
export function checkEntry(entry: unknown, index: number): string {
  const result = entrySchema.safeParse(entry);
  if (!result.success) throw schemaError(`connectors[${index}]`, result.error);
  return result.data.id;
}

/** Members whose faults have a code of their own. */
const CODE_OF_MEMBER: Readonly<Record<string, ErrorCode>> = {
  ttlSeconds: 'MAP_TTL_INVALID',
  'connectors.id': 'MAP_ID_INVALID',
  'connectors.endpoint': 'MAP_ENDPOINT_INVALID',
};

function schemaError(entry: string, error: z.core.$ZodError): ConnectorManifestError {
  const issue = error.issues[0];
  const path = z.core.toDotPath(issue?.path ?? []);
  const place = [entry, path].filter((part) => part !== '').join('.') || 'the map itself';
  const code = CODE_OF_MEMBER[entry === '' ? path : `connectors.${path}`] ?? 'MAP_SCHEMA';
  return new ConnectorManifestError(code, `The service map is invalid at ${place}: ${issue?.message ?? 'invalid'}`, {
    detail: { place },
  });
}

/** Whether an entry is meant to be up. Where the two dialects contradict each other, off wins: it does less harm. */
export function isEnabled(raw: RawEntry): boolean {
  return raw.status !== 'disabled' && raw.enabled !== false;
}

/** The normalised form of a checked entry. Everything that was sent stays beside it. */
export function normalizeEntry(raw: RawEntry, mapTtlSeconds: number): ConnectorEntry {
  return Object.freeze({
    ...raw,
    name: raw.name ?? raw.displayName,
    status: isEnabled(raw) ? 'enabled' : 'disabled',
    ttl: raw.ttl ?? raw.ttlSeconds ?? mapTtlSeconds,
  }) as unknown as ConnectorEntry;
}
