import { isHeaderName } from '../../../shared/map/service-map.ts';
import { type Check, oneOf, optional, that } from '../../../shared/validation/check.ts';
import { number, positive } from '../../../shared/validation/numbers.ts';
import { list, looseObject, record, strictObject } from '../../../shared/validation/objects.ts';
import { text } from '../../../shared/validation/text.ts';
import { LOGIN_MEMBERS } from './login-words.ts';

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

const strings = list(text());

/** Our own members, as in an entry of a service map. */
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
  'oauthCommand',
  'sandbox',
  'sandboxEnabled',
  'socket',
];

/** Members of the clients that make a difference, under the names that most of them have. */
const COMMON_WORDS = ['serverUrl', 'httpUrl', 'baseUrl', 'timeout', 'enabledTools', 'disabledTools'];

/** What a misspelt member may have been meant for. */
export const MEANINGFUL_MEMBERS: readonly string[] = [
  ...REACHING,
  ...Object.keys(OWN_MEMBERS),
  ...COMMON_WORDS,
  'oauth',
];

const EFFECTIVE: ReadonlySet<string> = new Set([...REACHING, ...Object.keys(OWN_MEMBERS), ...LOGIN_MEMBERS]);

/** Every member that an entry may have without a warning, those of people's comments aside. */
const KNOWN: ReadonlySet<string> = new Set([...EFFECTIVE, ...CLIENTS_OWN, ...NOT_DONE]);

/** Whether a member makes a difference here. */
export function hasEffect(name: string): boolean {
  return EFFECTIVE.has(name);
}

/** Whether a member needs no warning. What begins with `_`, `$` or `//` is somebody's comment. */
export function isKnownMember(name: string): boolean {
  return KNOWN.has(name) || /^(_|\$|\/\/)/.test(name);
}
