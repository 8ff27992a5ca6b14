import * as z from 'zod';

const name = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text), 'must not contain a control character');

const strings = z.record(z.string(), z.string());

/** A server of the registry. */
export const serverSchema = z.compile(
  z.looseObject({
    name,
    transport: z.enum(['stdio', 'http', 'sse', 'ws', 'streamableHttp']),
    command: z.string().optional(),
    args: z.array(z.string()).optional(),
    env: strings.optional(),
    endpoint: z.string().optional(),
    headers: strings.optional(),
  }),
);
