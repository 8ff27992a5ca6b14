import * as z from 'zod';
import { isHeaderName } from '../../../src/shared/map/service-map.ts';

const strings = z.array(z.string());

/** Our own members, as in an entry of a service map. */
export const OWN_MEMBERS: Readonly<Record<string, z.ZodType>> = {
  description: z.string(),
  era: z.enum(['auto', 'legacy', 'modern']),
  timeouts: z.record(z.string(), z.number().positive()),
  quotas: z.record(z.string(), z.number()),
  scopes: strings,
  tags: strings,
  tools: z.strictObject({ allow: strings.optional(), deny: strings.optional() }),
  auth: z.looseObject({
    type: z.enum(['none', 'bearer', 'apiKey']),
    headerName: z.string().refine(isHeaderName, 'must be a header name').optional(),
  }),
};
