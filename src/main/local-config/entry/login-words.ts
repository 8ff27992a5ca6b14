import { memberPlace } from '../config-problem.ts';
import { type ConfigNode, membersOf } from '../document/config-node.ts';
import { type EntryDraft, TWICE } from './entry-draft.ts';

/** A member with a login setting. `place` contains the name that the file uses. */
export interface LoginPart {
  readonly place: string;
  readonly node: ConfigNode;
}

/** Login settings of an entry, from all members in which clients write such settings. */
export interface LoginParts {
  /** Whether the entry disables the login: `oauth: false`, `oauth.enabled: false` or `auth: "none"`. */
  readonly isOff: boolean;
  /** Whether the entry asks for a login. An empty `oauth` is enough. */
  readonly isAsked: boolean;
  /** The known login members, by the names that this package uses. */
  readonly parts: ReadonlyMap<LoginWord, LoginPart>;
  /** The unknown login members, by the names that the file uses. */
  readonly others: ReadonlyMap<string, LoginPart>;
}

/** The names that this package uses for login members. `redirect` is an address, of which only the port is used. */
export type LoginWord =
  | 'clientId'
  | 'clientSecret'
  | 'clientSecretEnv'
  | 'privateKeyEnv'
  | 'scopes'
  | 'grant'
  | 'issuer'
  | 'clientMetadataUrl'
  | 'callbackPort'
  | 'redirect'
  | 'dpop'
  | 'idJag'
  | 'xaa'
  | 'workloadIdentity';

/**
 * Maps the spellings that clients use to our names. The keys are in lower case, without `_` and `-`, so `clientid`
 * matches `clientId`, `client_id` (Codex) and `CLIENT_ID` (Cursor).
 */
const WORDS: Readonly<Record<string, LoginWord>> = {
  clientid: 'clientId',
  clientsecret: 'clientSecret',
  clientsecretenv: 'clientSecretEnv',
  privatekeyenv: 'privateKeyEnv',
  scopes: 'scopes',
  scope: 'scopes',
  grant: 'grant',
  granttype: 'grant',
  issuer: 'issuer',
  clientmetadataurl: 'clientMetadataUrl',
  callbackport: 'callbackPort',
  redirectport: 'callbackPort',
  redirecturi: 'redirect',
  redirecturl: 'redirect',
  callbackurl: 'redirect',
  dpop: 'dpop',
  idjag: 'idJag',
  xaa: 'xaa',
  workloadidentity: 'workloadIdentity',
};

/**
 * Login members directly in an entry, outside of `oauth` and `auth`. Some clients (mcporter, Copilot CLI, Kiro) write
 * their login settings there.
 */
const BESIDE = [
  'oauthClientId',
  'oauth_client_id',
  'oauthClientSecret',
  'oauth_client_secret',
  'oauthClientSecretEnv',
  'oauth_client_secret_env',
  'oauthScope',
  'oauth_scope',
  'oauthScopes',
  'oauth_scopes',
  'oauthGrantType',
  'oauthRedirectUrl',
  'oauth_redirect_url',
];

/**
 * Login members directly in an entry that are ignored without a warning. They are choices that a login makes itself,
 * based on what the issuer supports.
 */
const QUIET = [
  'oauthPublicClient',
  'oauthTokenEndpointAuthMethod',
  'oauth_token_endpoint_auth_method',
  'requiresOAuth',
];

/** Every member of an entry that may contain login settings. */
export const LOGIN_MEMBERS: readonly string[] = ['oauth', 'auth', ...BESIDE, ...QUIET];

/**
 * Removes the login members from an entry and returns them. `auth` stays in the entry if it is not about a login, for
 * example if it says how an API key is sent.
 */
export function takeLogin(draft: EntryDraft): LoginParts {
  const parts = new Map<LoginWord, LoginPart>();
  const others = new Map<string, LoginPart>();
  let isOff = false;
  let isAsked = draft.plain('requiresOAuth') === true;
  const take = (name: string, written: string, place: string, node: ConfigNode): void => {
    const word = wordOf(name);
    if (node.type === 'null' || written === 'type') return;
    if (word === undefined) others.set(written, { place, node });
    else if (!parts.has(word)) parts.set(word, { place, node });
  };
  const takeObject = (member: string): void => {
    const node = draft.member(member);
    if (node === undefined) return;
    for (const { name, key, value, isRepeated } of membersOf(node)) {
      const place = memberPlace(draft.at(member), name);
      if (isRepeated) draft.problems.error(place, key, TWICE);
      else if (name === 'enabled' && typeof value.value === 'boolean') isOff ||= !value.value;
      else take(name, name, place, value);
    }
  };
  const oauth = draft.member('oauth');
  if (oauth?.type === 'object') takeObject('oauth');
  else if (oauth !== undefined && oauth.type !== 'boolean' && oauth.type !== 'null')
    draft.refuse('oauth', 'must be an object, or false for no login');
  isOff ||= oauth?.value === false;
  isAsked ||= oauth?.type === 'object' || oauth?.value === true;
  const auth = loginInAuth(draft);
  if (auth === 'members') takeObject('auth');
  isOff ||= auth === 'none' && !isAsked;
  isAsked ||= auth === 'members' || auth === 'oauth';
  for (const name of BESIDE) {
    const node = draft.member(name);
    if (node !== undefined) take(name.replace(/^oauth_?/, ''), name, draft.at(name), node);
  }
  draft.drop('oauth', ...BESIDE, ...QUIET, ...(auth === null ? [] : ['auth']));
  return { isOff, isAsked: isAsked || parts.size > 0, parts, others };
}

/**
 * Returns what `auth` says about a login: settings in its own members (`members`), a login without settings (`oauth`),
 * or no login (`none`). Null if `auth` is absent, says how an API key is sent, or is not recognized.
 */
function loginInAuth(draft: EntryDraft): 'members' | 'oauth' | 'none' | null {
  const value = draft.plain('auth');
  if (value === 'none') return 'none';
  if (typeof value === 'string') return /oauth/i.test(value) ? 'oauth' : null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  // The `auth` of this package has a `type`; the `auth` of Cursor and Copilot does not.
  if (Object.hasOwn(value, 'type')) return /^oauth/i.test(String((value as { type: unknown }).type)) ? 'members' : null;
  return Object.keys(value).length > 0 ? 'members' : null;
}

function wordOf(name: string): LoginWord | undefined {
  const plain = name.replace(/[_-]/g, '').toLowerCase();
  return Object.hasOwn(WORDS, plain) ? WORDS[plain] : undefined;
}
