import * as z from 'zod';
import { isHeaderName } from '../../../shared/map/service-map.ts';

/** Members that say how to reach a server, in our words. */
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
  tools: z.strictObject({ allow: strings.optional(), deny: strings.optional() }),
  auth: z.looseObject({
    type: z.enum(['none', 'bearer', 'apiKey']),
    headerName: z.string().refine(isHeaderName, 'must be a header name').optional(),
  }),
};

/** What clients keep in an entry for themselves. It has no effect here, and nobody misses it. */
const CLIENTS_OWN = [
  'allowHosts',
  'alwaysAllow',
  'alwaysLoad',
  'approval_mode',
  'autoApprove',
  'auto_approve',
  'bundled',
  'category',
  'chatMenu',
  'clientName',
  'comment',
  'custom_instructions',
  'defaultEnabled',
  'default_tools_approval_mode',
  'dev',
  'displayName',
  'display_name',
  'faviconUrl',
  'fromGalleryId',
  'gallery',
  'icon',
  'iconPath',
  'icons',
  'id',
  'installSource',
  'instructions',
  'isInstructionsEnabled',
  'lifecycle',
  'loadFromSelectedFolders',
  'logLevel',
  'logo',
  'logoUrl',
  'longRunning',
  'marketplace',
  'metadata',
  'name',
  'note',
  'notes',
  'parallel',
  'powerName',
  'provider',
  'providerUrl',
  'reference',
  'registryUrl',
  'remoteConfigured',
  'required',
  'requiresConfirmation',
  'schema',
  'scope',
  'serverInstructions',
  'source',
  'startup',
  'start_on_launch',
  'supports_parallel_tool_calls',
  'timestamp',
  'title',
  'tokenCacheDir',
  'trust',
  'updatedAt',
  'createdAt',
  'version',
  'watchPaths',
];

/** Members that ask for something which is not done here; each gets a warning of its own. */
const NOT_DONE = [
  'auth_provider_type',
  'authProviderType',
  'customUserVars',
  'disabled_prompts',
  'disabled_resources',
  'headersHelper',
  'oauth',
  'oauthClientId',
  'oauthCommand',
  'oauthScope',
  'requiresOAuth',
  'sandbox',
  'sandboxEnabled',
  'socket',
];

/** Members of the clients that make a difference, under the names that most of them have. */
const COMMON_WORDS = ['serverUrl', 'httpUrl', 'baseUrl', 'timeout', 'enabledTools', 'disabledTools'];

/** What a misspelt member may have been meant for. */
export const MEANINGFUL_MEMBERS: readonly string[] = [...REACHING, ...Object.keys(OWN_MEMBERS), ...COMMON_WORDS];

/** Every member that an entry may have without a warning, those of people's comments aside. */
const KNOWN: ReadonlySet<string> = new Set([...REACHING, ...Object.keys(OWN_MEMBERS), ...CLIENTS_OWN, ...NOT_DONE]);

const EFFECTIVE: ReadonlySet<string> = new Set([...REACHING, ...Object.keys(OWN_MEMBERS)]);

/** Whether a member makes a difference here. */
export function hasEffect(name: string): boolean {
  return EFFECTIVE.has(name);
}

/** Whether a member needs no warning. What begins with `_`, `$` or `//` is somebody's comment. */
export function isKnownMember(name: string): boolean {
  return KNOWN.has(name) || /^(_|\$|\/\/)/.test(name);
}
