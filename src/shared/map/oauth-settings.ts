import { OAUTH_MEMBERS, type OAuthMember, scopesIn, type UnsupportedLogin, unsupportedIn } from './oauth-members.ts';

/**
 * What an entry says about its login, normalised: the member `oauth` of a map, `auth: { type: "oauth" }`, and the
 * shapes of the files of clients. Everything is optional: usually the server's challenge says it all. Secrets are no
 * part of it.
 */
export interface OAuthSettings {
  /** A client id that was registered by hand. */
  readonly clientId?: string | undefined;
  /**
   * The variable with its secret. For an entry of a map it must be named by the option `allowEnv`: the secret goes to
   * an issuer that others chose.
   */
  readonly clientSecretEnv?: string | undefined;
  /** The variable with a PEM or JWK private key, for `private_key_jwt` (RFC 7523). The same rule. */
  readonly privateKeyEnv?: string | undefined;
  /** Asked for instead of what the server names. Never empty. */
  readonly scopes?: readonly string[] | undefined;
  /** `authorization_code` (a person logs in) unless it says `client_credentials` (a machine of its own). */
  readonly grant?: 'authorization_code' | 'client_credentials' | undefined;
  /** The only issuer to accept; a client secret is sent to no other. */
  readonly issuer?: string | undefined;
  /** The https address of this client's metadata document (CIMD). */
  readonly clientMetadataUrl?: string | undefined;
  /** The loopback port that a client registered by hand redirects to; any free one by default. */
  readonly callbackPort?: number | undefined;
  /** What it asks for that this version cannot do: the connector fails with LOGIN_UNSUPPORTED, which names it. */
  readonly unsupported?: UnsupportedLogin | undefined;
}

/** What is looked at of an entry. */
interface Speaking {
  readonly oauth?: unknown;
}

/**
 * What an entry says about its login: null where it says nothing, so that only the server's challenge can; `off` where
 * it says that nobody is to log in (`oauth: false`). `auth: { type: "oauth" }` has become `oauth` when an entry is
 * normalised. Never throws: members that are wrong are passed over, having made the entry unusable before.
 */
export function oauthSettingsOf({ oauth }: Speaking): OAuthSettings | 'off' | null {
  if (oauth === false) return 'off';
  if (typeof oauth !== 'object' || oauth === null || Array.isArray(oauth)) return null;
  const object = oauth as Readonly<Record<string, unknown>>;
  const members = (Object.keys(OAUTH_MEMBERS) as OAuthMember[]).flatMap((name): [string, unknown][] => {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined || OAUTH_MEMBERS[name](value) !== null) return [];
    if (name === 'scopes') return scopeMember(value);
    // A grant that this version cannot do is told by `unsupported`.
    return name === 'grant' && value !== 'authorization_code' && value !== 'client_credentials' ? [] : [[name, value]];
  });
  const unsupported = unsupportedIn(object);
  return Object.fromEntries(unsupported === null ? members : [...members, ['unsupported', unsupported]]);
}

function scopeMember(value: unknown): [string, unknown][] {
  const scopes = scopesIn(value) ?? [];
  return scopes.length === 0 ? [] : [['scopes', scopes]];
}

/** An entry's `auth` and `oauth` with a login in `oauth` alone, which wins where both are there. */
export function loginMembersOf({ auth, oauth }: Readonly<Record<string, unknown>>): {
  readonly auth?: undefined;
  readonly oauth?: unknown;
} {
  if (typeof auth !== 'object' || auth === null || (auth as { type?: unknown }).type !== 'oauth') return {};
  const { type: _type, headerName: _name, ...settings } = auth as Readonly<Record<string, unknown>>;
  return { auth: undefined, oauth: oauth === undefined ? settings : oauth };
}
