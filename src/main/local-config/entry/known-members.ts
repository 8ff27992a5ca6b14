import { isHeaderName } from '../../../shared/map/service-map.ts';
import { type Check, oneOf, optional, that } from '../../../shared/validation/check.ts';
import { number, positive } from '../../../shared/validation/numbers.ts';
import { list, looseObject, record, strictObject } from '../../../shared/validation/objects.ts';
import { text } from '../../../shared/validation/text.ts';
import { LOGIN_MEMBERS } from './login-words.ts';

/** Members that say how to reach a server, under our names. */
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

const strings = list(text());

/** Members of this package itself, as in an entry of a service map. */
export const OWN_MEMBERS: Readonly<Record<string, Check<unknown>>> = {
  description: text(),
  era: oneOf('auto', 'legacy', 'modern'),
  timeouts: record(number(positive)),
  quotas: record(number()),
  scopes: strings,
  tags: strings,
  tools: strictObject({ allow: optional(strings), deny: optional(strings) }),
  auth: looseObject({
    type: oneOf('none', 'bearer', 'apiKey'),
    headerName: optional(text(that(isHeaderName, 'must be a header name'))),
  }),
};

/** Members that clients keep in an entry for their own use. They have no effect here, and need no warning. */
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

/** Members that require something which is not supported here. Each gets its own warning. */
const NOT_DONE = [
  'auth_provider_type',
  'authProviderType',
  'customUserVars',
  'disabled_prompts',
  'disabled_resources',
  'headersHelper',
  'oauthCommand',
  'sandbox',
  'sandboxEnabled',
  'socket',
];

/** Members of clients that have an effect here, under their most common names. */
const COMMON_WORDS = ['serverUrl', 'httpUrl', 'baseUrl', 'timeout', 'enabledTools', 'disabledTools'];

/** Known members, as suggestions for misspelt names. */
export const MEANINGFUL_MEMBERS: readonly string[] = [
  ...REACHING,
  ...Object.keys(OWN_MEMBERS),
  ...COMMON_WORDS,
  'oauth',
];

const EFFECTIVE: ReadonlySet<string> = new Set([...REACHING, ...Object.keys(OWN_MEMBERS), ...LOGIN_MEMBERS]);

/** Every member that an entry may have without a warning, except comments. */
const KNOWN: ReadonlySet<string> = new Set([...EFFECTIVE, ...CLIENTS_OWN, ...NOT_DONE]);

/** Whether a member has an effect here. */
export function hasEffect(name: string): boolean {
  return EFFECTIVE.has(name);
}

/** Whether a member needs no warning. A name that begins with `_`, `$` or `//` is a comment. */
export function isKnownMember(name: string): boolean {
  return KNOWN.has(name) || /^(_|\$|\/\/)/.test(name);
}
