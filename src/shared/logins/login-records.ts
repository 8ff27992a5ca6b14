/** Records in the store of logins. All of them are plain data that crosses threads, and are encrypted on disk. */

import { createHash } from 'node:crypto';

/** Owner of a login. At present, one login serves all callers of a host. */
type LoginSubject = 'shared';

/** Identifies one login by its issuer, client, resource (RFC 8707) and owner. */
export interface LoginKey {
  readonly issuer: string;
  readonly clientId: string;
  readonly resource: string;
  readonly subject: LoginSubject;
}

/** Tokens of one login (RFC 6749 section 5.1). */
export interface LoginTokens {
  readonly accessToken: string;
  /**
   * Refresh token; null if the issuer gave none. Without a refresh token, the user must log in again when the access
   * token expires.
   */
  readonly refreshToken: string | null;
  /**
   * Expiry in epoch milliseconds; null if the issuer did not say. In that case, only a 401 shows that the token has
   * expired.
   */
  readonly expiresAtMs: number | null;
  /** Time of issue, in epoch milliseconds. */
  readonly obtainedAtMs: number;
  /** Granted scopes, separated by spaces; null if the issuer did not say. */
  readonly scope: string | null;
}

/** How this host identifies itself to an issuer. */
export interface LoginClient {
  /**
   * - `configured`: the entry has the client id. The secret is read from the entry's variable each time and never
   *   stored.
   * - `metadata-document`: the id is the https address of a document (CIMD).
   * - `registered`: dynamic registration (RFC 7591).
   */
  readonly kind: 'configured' | 'metadata-document' | 'registered';
  readonly clientId: string;
  /** Secret of a registered client; null if the issuer gave none, and for all other clients. */
  readonly clientSecret: string | null;
  /** `token_endpoint_auth_method` of the registration. If it is null, the method follows from the issuer's metadata. */
  readonly authMethod: string | null;
  readonly redirectUris: readonly string[];
  /** Expiry of a registered client's secret, in epoch milliseconds; null if the secret never expires. */
  readonly secretExpiresAtMs: number | null;
  /** Scopes for which the client was registered; absent if unknown. Many issuers refuse other scopes. */
  readonly scope?: string | null | undefined;
}

/** What discovery found out about the login that an endpoint requires. */
export interface LoginBinding {
  /** The result of {@link bindingIdOf} for the endpoint and the configured client id. */
  readonly bindingId: string;
  readonly endpoint: string;
  /** Key of the login; null until the client is known. */
  readonly key: LoginKey | null;
  readonly grant: 'authorization_code' | 'client_credentials';
  /** The SDK's `OAuthDiscoveryState` as JSON, with the metadata of the resource and the issuer. */
  readonly discovery: string;
  /**
   * Scopes that the next login requests: the granted scopes, and the scopes that a 403 response asked for. If it is
   * null, the next login requests the discovered scopes.
   */
  readonly wantedScope: string | null;
  /**
   * Client that the login was issued to; absent if nobody has logged in yet. The registration at the issuer may be
   * replaced later, because of another redirect address. An older login still needs its own registration for a refresh.
   */
  readonly client?: LoginClient | null | undefined;
}

/** One login in the store. */
export interface StoredLogin {
  /** The result of {@link loginIdOf} for `key`. */
  readonly loginId: string;
  readonly key: LoginKey;
  /** Counter that increases with every change of the tokens. */
  readonly generation: number;
  /** Tokens of the login; null after the issuer refused a refresh, so that the user must log in again. */
  readonly tokens: LoginTokens | null;
  /** Why there are no tokens, as text for users; null while there are tokens. */
  readonly lostBecause: string | null;
  /**
   * Id of the store whose hosts were the last to log in or to refresh; absent if it is this store. While the fleet's
   * Redis server is unreachable, only the hosts of that store refresh the login.
   */
  readonly home?: string | undefined;
}

/** Content of a login row, without its name and generation. */
export type LoginContent = Omit<StoredLogin, 'loginId' | 'generation'>;

/**
 * One row of a store, in the form in which the hosts of a fleet exchange rows. A `value` of null means that the row was
 * removed.
 */
export type LoginRow = { readonly id: string; readonly generation: number } & (
  | { readonly kind: 'binding'; readonly value: LoginBinding | null }
  | { readonly kind: 'client'; readonly value: StoredClient | null }
  | { readonly kind: 'login'; readonly value: LoginContent | null }
);

/** Kind and id of a row. They identify the row in all stores of a fleet. */
export type LoginRowName = Pick<LoginRow, 'kind' | 'id'>;

/** Rows of a store. `storeId` is the id of the store, or null if the store has no rows. */
export interface LoginRows {
  readonly storeId: string | null;
  readonly rows: readonly LoginRow[];
}

/** The registration of this host at one issuer. Connectors with the same issuer share the registration. */
export interface StoredClient {
  readonly issuer: string;
  readonly client: LoginClient;
}

/** The whole content of a store of logins. */
export interface StoredLogins {
  readonly bindings: readonly LoginBinding[];
  readonly logins: readonly StoredLogin[];
  readonly clients: readonly StoredClient[];
  /**
   * Number of rows that could not be decrypted, because they are damaged or were encrypted with another key. They are
   * left out of the lists above.
   */
  readonly unreadable: number;
}

/**
 * Everything that a host needs to finish a login when the user's browser returns from the issuer. Another host may have
 * started the login. Contains plain data only.
 */
export interface PendingLoginRecord {
  readonly connectorId: string;
  /** The `discovery` of {@link LoginBinding}. */
  readonly discovery: string;
  readonly client: LoginClient;
  readonly redirectUrl: string;
  readonly codeVerifier: string;
  readonly scope: string | null;
}

/** The store's answer to a process that asks to refresh a login. */
export type RefreshTurn =
  /**
   * The process may refresh the login. `mayBeSpent` says that an earlier refresh was cut off, so that the issuer may
   * refuse the refresh token. The process must send nothing after `sendUntilMs`, and must ignore responses after
   * `untilMs` (both in epoch milliseconds), because another process may refresh the login by then.
   */
  | {
      readonly kind: 'go';
      readonly leaseId: string;
      readonly untilMs: number;
      /** Absent if it is the same time as `untilMs`. */
      readonly sendUntilMs?: number | undefined;
      readonly login: StoredLogin;
      readonly mayBeSpent: boolean;
    }
  /** Another process has refreshed the login in the time since this process last read it. */
  | { readonly kind: 'newer'; readonly login: StoredLogin }
  /** Another process is refreshing the login. This process should ask again after `forMs` milliseconds. */
  | { readonly kind: 'wait'; readonly forMs: number }
  /** The login no longer exists. */
  | { readonly kind: 'gone' };

/** Result of a refresh. */
export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: LoginTokens }
  /** The issuer refused the refresh token permanently (`invalid_grant` and similar). `reason` contains no secret. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The issuer certainly did not process the request. `reason` is text for users, without secrets. */
  | { readonly kind: 'unspent'; readonly reason?: string }
  /**
   * It is unknown whether the issuer processed the request, because the response was lost or had a 5xx status. The
   * refresh token is kept and tried again.
   */
  | { readonly kind: 'unknown'; readonly reason?: string };

/** Returns the name under which a login is stored. */
export function loginIdOf({ issuer, clientId, resource, subject }: LoginKey): string {
  return digest([issuer, clientId, resource, subject]);
}

/**
 * Returns the name under which the registration at an issuer is stored. The name is a hash, because all stored data,
 * even the issuer, is encrypted.
 */
export function clientIdOf(issuer: string): string {
  return createHash('sha256').update(issuer).digest('hex');
}

/**
 * Returns the name under which the {@link LoginBinding} of an endpoint is stored. Each configured client id has its own
 * binding.
 */
export function bindingIdOf(endpoint: string, configuredClientId: string | null): string {
  return digest([endpoint, configuredClientId ?? '']);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
