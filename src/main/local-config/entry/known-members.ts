import { isHeaderName } from '../../../shared/map/service-map.ts';
import { type Check, oneOf, optional, that } from '../../../shared/validation/check.ts';
import { number, positive } from '../../../shared/validation/numbers.ts';
import { list, looseObject, record, strictObject } from '../../../shared/validation/objects.ts';
import { text } from '../../../shared/validation/text.ts';
import { LOGIN_MEMBERS } from './login-words.ts';

/** Members that say how to reach a server, with the names that this package uses. */
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

/** Members that have the same meaning as in an entry of a service map, each with its check. */
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

/** Members that matter only to the client that wrote them. They have no effect in this package, and get no warning. */
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

/** Members that ask for a feature that this package does not have. Each of them gets its own warning. */
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

/** The most common names that clients use for members that have an effect in this package. */
const COMMON_WORDS = ['serverUrl', 'httpUrl', 'baseUrl', 'timeout', 'enabledTools', 'disabledTools'];

/** The names that may be suggested in place of a misspelled name. */
export const MEANINGFUL_MEMBERS: readonly string[] = [
  ...REACHING,
  ...Object.keys(OWN_MEMBERS),
  ...COMMON_WORDS,
  'oauth',
];

const EFFECTIVE: ReadonlySet<string> = new Set([...REACHING, ...Object.keys(OWN_MEMBERS), ...LOGIN_MEMBERS]);

/** Every member, except comments, that an entry may have without the warning about unknown names. */
const KNOWN: ReadonlySet<string> = new Set([...EFFECTIVE, ...CLIENTS_OWN, ...NOT_DONE]);

/** Whether a member of this name has an effect in this package. */
export function hasEffect(name: string): boolean {
  return EFFECTIVE.has(name);
}

/** Whether a member of this name is known, or is a comment because its name begins with `_`, `$` or `//`. */
export function isKnownMember(name: string): boolean {
  return KNOWN.has(name) || /^(_|\$|\/\/)/.test(name);
}
