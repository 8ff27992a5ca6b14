import * as z from 'zod';

const MIN_SECRET_LENGTH = 32;

const secret = z.string().min(MIN_SECRET_LENGTH, `must have at least ${MIN_SECRET_LENGTH} characters`);

/** The option `fleet`. */
export const FLEET_SCHEMA = z.strictObject({
  url: z.string(),
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -'),
  secrets: z.array(secret).min(1).max(2),
  password: z.string().optional(),
  role: z.enum(['any', 'reader']).optional(),
  address: z.string().optional(),
  quotas: z.boolean().optional(),
  quotasWithout: z.enum(['share', 'refuse']).optional(),
  logins: z.enum(['own', 'shared']).optional(),
  tls: z.unknown().optional(),
  allowPlaintext: z.boolean().optional(),
});
