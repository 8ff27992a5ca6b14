import { OAUTH_MEMBERS, type OAuthMember, scopesIn, type UnsupportedLogin, unsupportedIn } from './oauth-members.ts';

/**
 * Login settings of an entry. They come from the member `oauth` of a map, from `auth: { type: "oauth" }`, or from the
 * configuration file of an MCP client. Every setting is optional, because the server's challenge usually says
 * everything that a login needs. Secrets are not included.
 */
export interface OAuthSettings {
  /** Id of a client that somebody registered by hand. */
  readonly clientId?: string | undefined;
  /**
   * Name of the environment variable with the client's secret. If the entry comes from a map, the option `allowEnv`
   * must name this variable, because the publisher of the map chooses the issuer that receives the secret.
   */
  readonly clientSecretEnv?: string | undefined;
  /**
   * Name of the environment variable with a private key in PEM or JWK, for `private_key_jwt` (RFC 7523). If the entry
   * comes from a map, the option `allowEnv` must name this variable too.
   */
  readonly privateKeyEnv?: string | undefined;
  /** Scopes that the login requests instead of the scopes that the server asks for. Never empty. */
  readonly scopes?: readonly string[] | undefined;
  /** `authorization_code` (the default): a person logs in. `client_credentials`: the host logs in without a person. */
  readonly grant?: 'authorization_code' | 'client_credentials' | undefined;
  /** The only issuer that is accepted. The client secret is sent to no other issuer. */
  readonly issuer?: string | undefined;
  /** The https address of this client's metadata document (CIMD). */
  readonly clientMetadataUrl?: string | undefined;
  /**
   * Port of the loopback address that the browser is redirected to, for a client that was registered by hand. Defaults
   * to any free port.
   */
  readonly callbackPort?: number | undefined;
  /**
   * A kind of login that the entry asks for and that this version does not support. The connector fails with
   * LOGIN_UNSUPPORTED, and the error names this kind.
   */
  readonly unsupported?: UnsupportedLogin | undefined;
}

/** The members of an entry that {@link oauthSettingsOf} reads. */
interface Speaking {
  readonly oauth?: unknown;
}

/**
 * Returns the login settings of an entry. Returns null if the entry has none. In that case, only the server's challenge
 * can ask for a login. Returns `off` if the entry disables logins (`oauth: false`). `auth: { type: "oauth" }` was
 * already converted to `oauth` when the entry was normalized. Never throws: invalid members are skipped, because an
 * entry with invalid members was reported as unusable before.
 */
export function oauthSettingsOf({ oauth }: Speaking): OAuthSettings | 'off' | null {
  if (oauth === false) return 'off';
  if (typeof oauth !== 'object' || oauth === null || Array.isArray(oauth)) return null;
  const object = oauth as Readonly<Record<string, unknown>>;
  const members = (Object.keys(OAUTH_MEMBERS) as OAuthMember[]).flatMap((name): [string, unknown][] => {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined || OAUTH_MEMBERS[name](value) !== null) return [];
    if (name === 'scopes') return scopeMember(value);
    // The field `unsupported` reports a grant that this version does not support, so `grant` leaves it out.
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
 * Returns the members `auth` and `oauth` of an entry, with login settings only in `oauth`. If both members contain
 * login settings, `oauth` takes precedence.
 */
export function loginMembersOf({ auth, oauth }: Readonly<Record<string, unknown>>): {
  readonly auth?: undefined;
  readonly oauth?: unknown;
} {
  if (typeof auth !== 'object' || auth === null || (auth as { type?: unknown }).type !== 'oauth') return {};
  const { type: _type, headerName: _name, ...settings } = auth as Readonly<Record<string, unknown>>;
  return { auth: undefined, oauth: oauth === undefined ? settings : oauth };
}
