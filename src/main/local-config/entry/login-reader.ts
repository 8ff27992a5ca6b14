import { combinationFault, OAUTH_MEMBERS, scopesIn, unsupportedIn } from '../../../shared/map/oauth-members.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { nearestName } from '../../../shared/nearest-name.ts';
import { itemsOf, plainValue } from '../document/config-node.ts';
import type { EntryReader } from './entry-reader.ts';
import type { LoginPart, LoginParts, LoginWord } from './login-words.ts';

/** Login settings of one server in a configuration file. */
export interface LocalLogin {
  /**
   * The value of `oauth` in the entry, as in a service map. It contains no secret. Undefined if the file has no login
   * settings.
   */
  readonly oauth: ConnectorEntry['oauth'];
  /** Client secret from the file; null if the file has none. */
  readonly clientSecret: string | null;
  /** Login members that have no effect in this package, with their values from the file. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export const NO_LOGIN: LocalLogin = { oauth: undefined, clientSecret: null, rest: {} };

/**
 * Matches members that contain endpoint addresses of the issuer. They are not used, because the issuer publishes these
 * addresses itself.
 */
const ADDRESSES =
  /^(?:auth(?:orization)?|token|registration|revocation|auth_?server_?metadata|jwks|userinfo)_?(?:url|uri|endpoint)$/i;

/**
 * Matches members that are ignored without a warning. Some of them are only for human readers. The others are choices
 * that a login makes itself, based on what the issuer supports.
 */
const QUIET =
  /^_|^\$|^\/\/|_supported$|^(?:providers?|client_?name|token_?exchange_?method|skip_code_challenge_check)$/i;

const TEXTS = ['clientId', 'issuer', 'clientMetadataUrl', 'grant'] as const satisfies readonly LoginWord[];
const VARIABLES = ['clientSecretEnv', 'privateKeyEnv'] as const satisfies readonly LoginWord[];
const SWITCHES = ['dpop', 'idJag', 'xaa', 'workloadIdentity'] as const satisfies readonly LoginWord[];

/**
 * Reads the login settings of an entry, and checks them as in a service map. Invalid members are reported as problems.
 * If the entry has a key or an `Authorization` header, it needs no login, so its login settings are not read. Variables
 * in these settings need not be set then.
 */
export function readLogin(login: LoginParts, hasKey: boolean, reader: EntryReader): LocalLogin {
  const { isOff, isAsked, parts, others } = login;
  if (hasKey && !isOff) return { ...NO_LOGIN, rest: asWritten(login) };
  const rest = Object.fromEntries([...others].map(([name, { node }]) => [name, plainValue(node)]));
  if (isOff) return { oauth: false, clientSecret: null, rest };
  for (const [name, part] of others) remarkOn(name, part, reader);
  if (!isAsked) return { ...NO_LOGIN, rest };
  const settings: Record<string, unknown> = {};
  for (const name of TEXTS) {
    const text = textOf(parts.get(name), reader, (written) => OAUTH_MEMBERS[name](written));
    if (text !== null) settings[name] = text;
  }
  for (const name of VARIABLES) {
    // These members contain the name of a variable. The value of the variable is a secret, so variables are not
    // expanded.
    const part = parts.get(name);
    const why = part === undefined ? null : OAUTH_MEMBERS[name](part.node.value);
    if (part !== undefined && why !== null) reader.wrong(part.place, part.node, why);
    else if (part !== undefined) settings[name] = part.node.value;
  }
  const scopes = readScopes(parts.get('scopes'), reader);
  if (scopes.length > 0) settings.scopes = scopes;
  const port = readPort(parts.get('callbackPort'), reader) ?? portOfRedirect(parts.get('redirect'), reader);
  if (port !== null) settings.callbackPort = port;
  for (const name of SWITCHES) if (isOn(parts.get(name))) settings[name] = true;
  const clientSecret = textOf(parts.get('clientSecret'), reader, secretFault);
  warnOfUnsupported(settings, parts, reader);
  return { oauth: settings, clientSecret: usable(settings, clientSecret, parts, reader), rest };
}

function asWritten({ parts, others }: LoginParts): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...others, ...parts].map(([name, { node }]) => [name, plainValue(node)]));
}

/**
 * Returns the client secret; null if the entry has no client id, because a secret must belong to a client id. Reports
 * members that contradict each other.
 */
function usable(
  settings: Readonly<Record<string, unknown>>,
  clientSecret: string | null,
  parts: LoginParts['parts'],
  reader: EntryReader,
): string | null {
  const fault = combinationFault(settings, clientSecret !== null);
  const at = fault === null ? undefined : parts.get(fault.member as LoginWord);
  if (fault !== null && at !== undefined) reader.wrong(at.place, at.node, fault.why);
  const secret = parts.get('clientSecret');
  if (secret === undefined || clientSecret === null || settings.clientId !== undefined) return clientSecret;
  reader.remark(secret.place, secret.node, 'has no client id next to it, so it is not used');
  return null;
}

function warnOfUnsupported(
  settings: Readonly<Record<string, unknown>>,
  parts: LoginParts['parts'],
  reader: EntryReader,
): void {
  const unsupported = unsupportedIn(settings);
  const asking = [...SWITCHES, 'grant' as const].find((name) => settings[name] !== undefined);
  const at = asking === undefined ? undefined : parts.get(asking);
  if (unsupported !== null && at !== undefined)
    reader.remark(at.place, at.node, `requires a login with ${unsupported}, which this version does not support`);
}

function remarkOn(name: string, { place, node }: LoginPart, reader: EntryReader): void {
  if (QUIET.test(name)) return;
  if (ADDRESSES.test(name)) {
    reader.remark(place, node, 'is not used: a login uses the addresses that the server publishes');
    return;
  }
  const nearest = nearestName(name, [...Object.keys(OAUTH_MEMBERS), 'clientSecret']);
  const hint = nearest === null ? '' : `; the nearest known name is ${nearest}`;
  reader.remark(place, node, `is unknown and has no effect${hint}`);
}

/**
 * Returns the string in a member, or null if the member is absent. An empty string counts as absent, because some
 * clients write unused members that way.
 */
function textOf(
  part: LoginPart | undefined,
  reader: EntryReader,
  check: (text: string) => string | null,
): string | null {
  if (part === undefined || part.node.value === '') return null;
  const text = reader.textAt(part.place, part.node, (expanded) => (expanded === '' ? null : check(expanded)));
  return text === '' ? null : text;
}

function secretFault(text: string): string | null {
  return text.length <= 8192 && !text.includes('\0') ? null : 'must be at most 8192 characters without NUL';
}

function readScopes(part: LoginPart | undefined, reader: EntryReader): readonly string[] {
  if (part === undefined) return [];
  const { place, node } = part;
  const why = 'must be an array of scopes, or one string with scopes separated by spaces';
  if (node.type !== 'array' && node.type !== 'string') {
    reader.wrong(place, node, why);
    return [];
  }
  const nodes = node.type === 'array' ? itemsOf(node) : [node];
  const texts = nodes.flatMap((item, index) => {
    const at = node.type === 'array' ? `${place}[${index}]` : place;
    return (
      reader.textAt(at, item, (text) =>
        scopesIn(text) === null ? 'contains a character that is not allowed in a scope' : null,
      ) ?? []
    );
  });
  return scopesIn(texts.join(' ')) ?? [];
}

function readPort(part: LoginPart | undefined, reader: EntryReader): number | null {
  if (part === undefined || part.node.value === '') return null;
  const { place, node } = part;
  const isText = node.type === 'string';
  const written = isText ? reader.textAt(place, node, (text) => OAUTH_MEMBERS.callbackPort(Number(text))) : node.value;
  if (written === null) return null;
  const port = isText ? Number(written) : written;
  const why = OAUTH_MEMBERS.callbackPort(port);
  // `textAt` has already checked a port in a string, unless the string still contains a variable that is not known yet.
  if (why !== null && !isText) reader.wrong(place, node, why);
  return why === null ? (port as number) : null;
}

/**
 * Returns the port of a redirect address on this machine: `127.0.0.1:8080` (Kiro) or a URL. Null if the address has no
 * port or leads to another machine.
 */
function portOfRedirect(part: LoginPart | undefined, reader: EntryReader): number | null {
  const text = textOf(part, reader, () => null);
  if (part === undefined || text === null) return null;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text.replace(/^:/, 'localhost:')}`);
  const isHere = url?.protocol === 'http:' && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const port = url !== null && isHere && url.port !== '' ? Number(url.port) : null;
  const goesTo = `http://localhost:${port ?? 'PORT'}/callback`;
  if (port === null || url?.href !== goesTo) {
    const how = port === null ? ', or set callbackPort' : '';
    reader.remark(
      part.place,
      part.node,
      `is not the redirect address that a login uses: register ${goesTo} for the client too${how}`,
    );
  }
  return port;
}

function isOn(part: LoginPart | undefined): boolean {
  return part !== undefined && part.node.type !== 'null' && part.node.value !== false;
}
