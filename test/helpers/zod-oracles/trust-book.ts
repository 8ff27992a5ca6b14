import * as z from 'zod';

/** The files that a person has said yes to. */
export const bookSchema = z.object({
  version: z.literal(1),
  /** The digest by the real path. */
  files: z.record(z.string(), z.string()),
});
