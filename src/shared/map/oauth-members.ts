/**
 * Members of `oauth` in an entry: their valid values, and the values that ask for a kind of login that this version
 * does not support.
 */

/** Returns why a value is invalid, as words that follow the name of its member; null if the value is valid. */
type Check = (value: unknown) => string | null;

/** A kind of login that an entry may request but this version does not support. */
export type UnsupportedLogin = 'DPoP' | 'ID-JAG' | 'workload identity';

/** A fault of an `oauth` object. */
export interface OAuthFault {
  /** Name of the member; null if the fault concerns the whole object. */
  readonly member: string | null;
  /** What is wrong, as words that follow the name of the member: `must be …`. */
  readonly why: string;
}

const MAX_TEXT = 1024;
const MAX_ADDRESS = 2048;
const MAX_SCOPES = 256;
const MAX_VARIABLE = 128;

const ENTERPRISE = 'ID-JAG';
const WORKLOAD = 'workload identity';

/** Unsupported grants, by their names in entries. */
const UNSUPPORTED_GRANTS: Readonly<Record<string, UnsupportedLogin>> = {
  'id-jag': ENTERPRISE,
  'jwt-bearer': ENTERPRISE,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': ENTERPRISE,
  'token-exchange': ENTERPRISE,
  'urn:ietf:params:oauth:grant-type:token-exchange': ENTERPRISE,
  'workload-identity': WORKLOAD,
};

/** Members that ask for an unsupported kind of login. The name `xaa` comes from Claude Code. */
const UNSUPPORTED_SWITCHES: Readonly<Record<string, UnsupportedLogin>> = {
  dpop: 'DPoP',
  idJag: ENTERPRISE,
  xaa: ENTERPRISE,
  workloadIdentity: WORKLOAD,
};

/** Members of `oauth` that this version uses, each with the check for its value. */
export const OAUTH_MEMBERS = {
  clientId: (value) =>
    isText(value) && /^[\x20-\x7e]+$/.test(value) ? null : `must be 1 to ${MAX_TEXT} visible ASCII characters`,
  clientSecretEnv: variableFault,
  privateKeyEnv: variableFault,
  scopes: (value) =>
    scopesIn(value) === null ? 'must be an array of scopes, or one string with scopes separated by spaces' : null,
  grant: (value) =>
    isGrant(value) || unsupportedGrant(value) !== null ? null : 'must be authorization_code or client_credentials',
  issuer: (value) =>
    isAddress(value, true) ? null : 'must be an https address (http only on loopback) without a query or a fragment',
  clientMetadataUrl: (value) =>
    isAddress(value, false) && URL.parse(value)?.pathname !== '/'
      ? null
      : 'must be an https address with a path, and without a fragment or credentials',
  callbackPort: (value) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535 ? null : 'must be a port from 1 to 65535',
} as const satisfies Record<string, Check>;

export type OAuthMember = keyof typeof OAUTH_MEMBERS;

/**
 * Members that would contain a secret directly. An entry must not have them, because every reader of the map would know
 * the secret.
 */
const LITERAL_SECRETS: Readonly<Record<string, string>> = {
  clientSecret: 'clientSecretEnv',
  client_secret: 'clientSecretEnv',
  privateKey: 'privateKeyEnv',
};

/**
 * Returns what is wrong with `oauth` in a map entry; null if nothing is. Unknown members are ignored. A member that
 * contains a secret is a fault, because everybody who reads the map would know the secret.
 */
export function oauthFault(value: unknown): OAuthFault | null {
  if (value === false) return null;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { member: null, why: 'must be an object, or false for no login' };
  const object = value as Readonly<Record<string, unknown>>;
  for (const [member, variable] of Object.entries(LITERAL_SECRETS))
    if (own(object, member) !== undefined)
      return { member, why: `would be a secret that every reader of the map sees; name a variable in ${variable}` };
  for (const [member, check] of Object.entries(OAUTH_MEMBERS)) {
    const given = own(object, member);
    const why = given === undefined ? null : check(given);
    if (why !== null) return { member, why };
  }
  return combinationFault(object, false);
}

/**
 * Returns what is wrong with a combination of members that are valid on their own; null if nothing is wrong. If
 * `hasSecret` is true, the client secret is already known, and no member has to specify the secret's variable.
 */
export function combinationFault(settings: Readonly<Record<string, unknown>>, hasSecret: boolean): OAuthFault | null {
  const [clientId, secret, key] = ['clientId', 'clientSecretEnv', 'privateKeyEnv'].map((name) => own(settings, name));
  if (secret !== undefined && key !== undefined)
    return { member: 'privateKeyEnv', why: 'cannot be combined with clientSecretEnv; name only one of them' };
  const named = secret !== undefined ? 'clientSecretEnv' : key !== undefined ? 'privateKeyEnv' : null;
  if (named !== null && clientId === undefined) return { member: named, why: 'needs a clientId next to it' };
  const isMachine = own(settings, 'grant') === 'client_credentials';
  if (isMachine && clientId === undefined) return { member: 'grant', why: 'client_credentials needs a clientId' };
  if (isMachine && named === null && !hasSecret)
    return { member: 'grant', why: 'client_credentials needs clientSecretEnv or privateKeyEnv' };
  return null;
}

/** Returns the unsupported kind of login that an `oauth` object asks for; null if it asks for none. */
export function unsupportedIn(settings: Readonly<Record<string, unknown>>): UnsupportedLogin | null {
  for (const [member, login] of Object.entries(UNSUPPORTED_SWITCHES)) {
    const asked = own(settings, member);
    if (asked !== undefined && asked !== null && asked !== false) return login;
  }
  return unsupportedGrant(own(settings, 'grant'));
}

/**
 * Returns the scopes that the value of a member contains, without duplicates. Returns null if the value is neither a
 * list of valid scopes nor a string with valid scopes.
 */
export function scopesIn(value: unknown): readonly string[] | null {
  const list: unknown = typeof value === 'string' ? value.split(/ +/).filter((scope) => scope !== '') : value;
  if (!Array.isArray(list) || list.length > MAX_SCOPES) return null;
  // RFC 6749 section 3.3 defines the characters of a scope.
  const isScope = (scope: unknown): scope is string =>
    typeof scope === 'string' && scope.length <= MAX_TEXT && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope);
  return list.every(isScope) ? [...new Set(list)] : null;
}

function isGrant(value: unknown): value is 'authorization_code' | 'client_credentials' {
  return value === 'authorization_code' || value === 'client_credentials';
}

function unsupportedGrant(value: unknown): UnsupportedLogin | null {
  return typeof value === 'string' && Object.hasOwn(UNSUPPORTED_GRANTS, value)
    ? (UNSUPPORTED_GRANTS[value] ?? null)
    : null;
}

function variableFault(value: unknown): string | null {
  const isName = typeof value === 'string' && value.length <= MAX_VARIABLE && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value);
  return isName ? null : `must be the name of an environment variable, of at most ${MAX_VARIABLE} characters`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
}

/**
 * Whether a value is a valid address. If `isIssuer` is true, the address must have no query (RFC 8414 section 2), and
 * may use http on a loopback host.
 */
function isAddress(value: unknown, isIssuer: boolean): value is string {
  if (typeof value !== 'string' || value.length > MAX_ADDRESS || /[^\x21-\x7e]|#/.test(value)) return false;
  const url = URL.parse(value);
  if (url === null || url.username !== '' || url.password !== '' || (isIssuer && value.includes('?'))) return false;
  return url.protocol === 'https:' || (isIssuer && url.protocol === 'http:' && isLoopback(url.hostname));
}

/** Accepts the same hosts as the check for login endpoints (oauth/endpoint-rules.ts). */
function isLoopback(hostname: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|(?:.+\.)?localhost)$/.test(hostname);
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
