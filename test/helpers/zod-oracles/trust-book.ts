import * as z from 'zod';

/** The configuration files that a user has trusted. */
export const bookSchema = z.object({
  version: z.literal(1),
  /** Digests by real path. */
  files: z.record(z.string(), z.string()),
});
