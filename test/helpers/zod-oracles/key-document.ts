import * as z from 'zod';

/** Maximum number of thumbprints that a key document revokes. */
const MAX_REVOKED = 1024;

/** The payload of a key document. */
export const payloadSchema = z.object({
  version: z.int().min(1),
  expires: z.iso.datetime({ offset: true }),
  // JSON has no undefined.
  keys: z.unknown().refine((value) => value !== undefined),
  roots: z.array(z.string().min(1)).min(1),
  threshold: z.int().min(1),
  revoked: z
    .array(z.string().regex(/^[\w-]{43}$/))
    .max(MAX_REVOKED)
    .default([]),
});
