import { OAUTH_MEMBERS, type OAuthMember, scopesIn, type UnsupportedLogin, unsupportedIn } from './oauth-members.ts';

/**
 * Normalized login settings of an entry: from the member `oauth` of a map, `auth: { type: "oauth" }`, and the formats
 * of client files. Every setting is optional, because the server's challenge usually contains all that a login needs.
 * Secrets are not included.
 */
export interface OAuthSettings {
  /** Client id that was registered by hand. */
  readonly clientId?: string | undefined;
  /**
   * Name of the variable with the client's secret. For an entry of a map, the option `allowEnv` must name the variable,
   * because the publisher of the map chooses the issuer that receives the secret.
   */
  readonly clientSecretEnv?: string | undefined;
  /**
   * Name of the variable with a PEM or JWK private key, for `private_key_jwt` (RFC 7523). The rule of `clientSecretEnv`
   * applies.
   */
  readonly privateKeyEnv?: string | undefined;
  /** Scopes to request instead of the scopes that the server names. Never empty. */
  readonly scopes?: readonly string[] | undefined;
  /** `authorization_code` (the default): a person logs in. `client_credentials`: a machine has its own login. */
  readonly grant?: 'authorization_code' | 'client_credentials' | undefined;
  /** The only issuer to accept. A client secret is sent to no other. */
  readonly issuer?: string | undefined;
  /** The https address of this client's metadata document (CIMD). */
  readonly clientMetadataUrl?: string | undefined;
  /** Loopback port of the redirect of a client that was registered by hand. Defaults to any free port. */
  readonly callbackPort?: number | undefined;
  /**
   * Requested kind of login that this version does not support. The connector fails with LOGIN_UNSUPPORTED, which names
   * that kind.
   */
  readonly unsupported?: UnsupportedLogin | undefined;
}

/** The members of an entry that are read. */
interface Speaking {
  readonly oauth?: unknown;
}

/**
 * Returns the login settings of an entry. Null if it has none, so that only the server's challenge can request a login.
 * `off` if it disables logins (`oauth: false`). `auth: { type: "oauth" }` becomes `oauth` when an entry is normalized.
 * Never throws: invalid members are skipped, because they already made the entry unusable.
 */
export function oauthSettingsOf({ oauth }: Speaking): OAuthSettings | 'off' | null {
  if (oauth === false) return 'off';
  if (typeof oauth !== 'object' || oauth === null || Array.isArray(oauth)) return null;
  const object = oauth as Readonly<Record<string, unknown>>;
  const members = (Object.keys(OAUTH_MEMBERS) as OAuthMember[]).flatMap((name): [string, unknown][] => {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined || OAUTH_MEMBERS[name](value) !== null) return [];
    if (name === 'scopes') return scopeMember(value);
    // `unsupported` reports a grant that this version does not support.
    return name === 'grant' && value !== 'authorization_code' && value !== 'client_credentials' ? [] : [[name, value]];
  });
  const unsupported = unsupportedIn(object);
  return Object.fromEntries(unsupported === null ? members : [...members, ['unsupported', unsupported]]);
}

function scopeMember(value: unknown): [string, unknown][] {
  const scopes = scopesIn(value) ?? [];
  return scopes.length === 0 ? [] : [['scopes', scopes]];
}

/**
 * Returns the `auth` and `oauth` of an entry with its login in `oauth` only. `oauth` takes precedence if both exist.
 */
export function loginMembersOf({ auth, oauth }: Readonly<Record<string, unknown>>): {
  readonly auth?: undefined;
  readonly oauth?: unknown;
} {
  if (typeof auth !== 'object' || auth === null || (auth as { type?: unknown }).type !== 'oauth') return {};
  const { type: _type, headerName: _name, ...settings } = auth as Readonly<Record<string, unknown>>;
  return { auth: undefined, oauth: oauth === undefined ? settings : oauth };
}
