import * as z from 'zod';
import { isHeaderName, isHeaderValue, isHttpEndpoint } from '../../../src/shared/map/service-map.ts';

const MAX_TTL_SECONDS = 30 * 24 * 3600;

const idSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ -');

const endpointSchema = z.string().max(2048).refine(isHttpEndpoint, 'must be an http or https URL without credentials');

const headerName = z.string().refine(isHeaderName, 'must be a header name');
const headerValue = z.string().max(8192).refine(isHeaderValue, 'contains a character that is not allowed in a header');

const nonEmpty = z.string().min(1).max(1024);
const strings = z.array(z.string());
const numbers = z.record(z.string(), z.number());

/** SHA-256 in base64url (RFC 4648 section 5). The last of 43 characters carries 4 bits, followed by two zero bits. */
const toolDigest = z
  .string()
  .regex(/^sha-256:[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be sha-256: and 43 characters of base64url');

/** An entry of a service map. */
export const entrySchema = z.compile(
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

/** A service map without its entries. */
export const mapSchema = z.compile(
  z.looseObject({
    id: nonEmpty,
    brand: nonEmpty,
    generatedAt: z.iso.datetime({ offset: true }),
    ttlSeconds: z.int().positive().max(MAX_TTL_SECONDS),
    connectors: z.array(z.unknown()),
    metadata: z.record(z.string(), z.unknown()).optional(),
  }),
);
