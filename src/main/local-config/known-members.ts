import * as z from 'zod';
import { isHeaderName } from '../../shared/map/service-map.ts';

/** Members that say how to reach a server, in any of the clients. */
const REACHING = [
  'type',
  'transport',
  'command',
  'args',
  'env',
  'envFile',
  'cwd',
  'url',
  'headers',
  'disabled',
  'enabled',
];

const strings = z.array(z.string());

/** Our own members, as in an entry of a service map. */
export const OWN_MEMBERS: Readonly<Record<string, z.ZodType>> = {
  description: z.string(),
  era: z.enum(['auto', 'legacy', 'modern']),
  timeouts: z.record(z.string(), z.number().positive()),
  quotas: z.record(z.string(), z.number()),
  scopes: strings,
  tags: strings,
  auth: z.looseObject({
    type: z.enum(['none', 'bearer', 'apiKey']),
    headerName: z.string().refine(isHeaderName, 'must be a header name').optional(),
  }),
};

/** What Claude Desktop, Claude Code, Cursor, VS Code, Copilot, Cline, Roo and Gemini keep in an entry for themselves. */
const CLIENTS_OWN = [
  'alwaysAllow',
  'alwaysLoad',
  'autoApprove',
  'comment',
  'defaultEnabled',
  'dev',
  'disabledTools',
  'displayName',
  'enabledTools',
  'excludeTools',
  'gallery',
  'headersHelper',
  'icon',
  'icons',
  'includeTools',
  'metadata',
  'name',
  'note',
  'notes',
  'oauth',
  'sandbox',
  'sandboxEnabled',
  'source',
  'timeout',
  'title',
  'tools',
  'trust',
  'version',
];

/** Every member that an entry may have without a warning, those of people's comments aside. */
export const KNOWN_MEMBERS: readonly string[] = [...REACHING, ...Object.keys(OWN_MEMBERS), ...CLIENTS_OWN];

const KNOWN: ReadonlySet<string> = new Set(KNOWN_MEMBERS);

const EFFECTIVE: ReadonlySet<string> = new Set([...REACHING, ...Object.keys(OWN_MEMBERS)]);

/** Whether a member makes a difference here. */
export function hasEffect(name: string): boolean {
  return EFFECTIVE.has(name);
}

/** Whether a member needs no warning. What begins with `_`, `$` or `//` is somebody's comment. */
export function isKnownMember(name: string): boolean {
  return KNOWN.has(name) || /^(_|\$|\/\/)/.test(name);
}
