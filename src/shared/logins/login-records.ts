/** Records in the store of logins. All of them are plain data that crosses threads, and are encrypted on disk. */

import { createHash } from 'node:crypto';

/** Owner of a login. For now one login serves every caller of a host. */
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
  /** Refresh token; null if the issuer gave none, so that the user must log in again when the access token expires. */
  readonly refreshToken: string | null;
  /**
   * Expiry in epoch milliseconds; null if the issuer does not say, so that only a 401 shows that the token has expired.
   */
  readonly expiresAtMs: number | null;
  /** Time of issue, in epoch milliseconds. */
  readonly obtainedAtMs: number;
  /** Granted scopes, separated by spaces; null if the issuer does not say. */
  readonly scope: string | null;
}

/** How this host identifies itself to an issuer. */
export interface LoginClient {
  /**
   * - `configured`: a client id of the entry; its secret is read from the entry's variable each time and never stored.
   * - `metadata-document`: the id is the https address of a document (CIMD).
   * - `registered`: dynamic registration (RFC 7591).
   */
  readonly kind: 'configured' | 'metadata-document' | 'registered';
  readonly clientId: string;
  /** Secret of a registered client; null for other clients. */
  readonly clientSecret: string | null;
  /** `token_endpoint_auth_method` as it was registered; null to choose by the issuer's metadata. */
  readonly authMethod: string | null;
  readonly redirectUris: readonly string[];
  /** Expiry of the secret of a registered client, in epoch milliseconds; null for never. */
  readonly secretExpiresAtMs: number | null;
  /** Scopes for which the client was registered; absent if unknown. Many issuers refuse other scopes. */
  readonly scope?: string | null | undefined;
}

/** Discovered facts about the login that an endpoint requires. */
export interface LoginBinding {
  /** {@link bindingIdOf} of the endpoint and the configured client id. */
  readonly bindingId: string;
  readonly endpoint: string;
  /** Key of the login; null until the client is known. */
  readonly key: LoginKey | null;
  readonly grant: 'authorization_code' | 'client_credentials';
  /** `OAuthDiscoveryState` of the SDK as JSON: the metadata of resource and issuer. */
  readonly discovery: string;
  /**
   * Scopes of the next login: the granted scopes, and the scopes that a 403 requested. Null for the discovered scopes.
   */
  readonly wantedScope: string | null;
  /**
   * Client that the login was issued to. A registration at the issuer may be replaced by a registration with another
   * redirect address. Older logins still need the earlier registration for a refresh. Absent before the first login.
   */
  readonly client?: LoginClient | null | undefined;
}

/** One login in the store. */
export interface StoredLogin {
  /** {@link loginIdOf} of the key. */
  readonly loginId: string;
  readonly key: LoginKey;
  /** Counter that increases with every change of the tokens. */
  readonly generation: number;
  /** Tokens; null once a refresh was refused, so that the user must log in again. */
  readonly tokens: LoginTokens | null;
  /** The reason why there are no tokens, as readable text; null while there are tokens. */
  readonly lostBecause: string | null;
  /**
   * The store whose hosts were the last to log in or refresh; absent if it is this store. Only the hosts of that store
   * refresh the login while the server of the fleet is unreachable.
   */
  readonly home?: string | undefined;
}

/** Content of a login row, without its name and generation. */
export type LoginContent = Omit<StoredLogin, 'loginId' | 'generation'>;

/** One row of a store, as the hosts of a fleet exchange it. A value of null means that the row was removed. */
export type LoginRow = { readonly id: string; readonly generation: number } & (
  | { readonly kind: 'binding'; readonly value: LoginBinding | null }
  | { readonly kind: 'client'; readonly value: StoredClient | null }
  | { readonly kind: 'login'; readonly value: LoginContent | null }
);

/** Identifies a row in all stores. */
export type LoginRowName = Pick<LoginRow, 'kind' | 'id'>;

/** Rows of a store, and the id of the store; null for a store without rows. */
export interface LoginRows {
  readonly storeId: string | null;
  readonly rows: readonly LoginRow[];
}

/** A registration at one issuer. Connectors of the same issuer share it. */
export interface StoredClient {
  readonly issuer: string;
  readonly client: LoginClient;
}

/** Everything that is stored. */
export interface StoredLogins {
  readonly bindings: readonly LoginBinding[];
  readonly logins: readonly StoredLogin[];
  readonly clients: readonly StoredClient[];
  /**
   * Number of rows that could not be decrypted, because another key sealed them or they are damaged. They count as
   * absent.
   */
  readonly unreadable: number;
}

/** A login that is waiting for the user's redirect, so that another host can finish it. All of it is plain data. */
export interface PendingLoginRecord {
  readonly connectorId: string;
  /** `LoginBinding.discovery`. */
  readonly discovery: string;
  readonly client: LoginClient;
  readonly redirectUrl: string;
  readonly codeVerifier: string;
  readonly scope: string | null;
}

/** The store's answer to a process that wants to refresh a login. */
export type RefreshTurn =
  /**
   * The process may refresh the login. `mayBeSpent`: an earlier refresh was cut off, so the issuer may refuse the
   * refresh token. Nothing may be sent after `sendUntilMs`, and responses are ignored after `untilMs` (epoch
   * milliseconds), because another process may have its turn by then.
   */
  | {
      readonly kind: 'go';
      readonly leaseId: string;
      readonly untilMs: number;
      /** Absent if it equals `untilMs`. */
      readonly sendUntilMs?: number | undefined;
      readonly login: StoredLogin;
      readonly mayBeSpent: boolean;
    }
  /** Another process has refreshed the login since. */
  | { readonly kind: 'newer'; readonly login: StoredLogin }
  /** Another process is refreshing the login. Try again after `forMs`. */
  | { readonly kind: 'wait'; readonly forMs: number }
  /** The login no longer exists. */
  | { readonly kind: 'gone' };

/** Result of a refresh. */
export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: LoginTokens }
  /** The issuer refused the refresh token permanently (`invalid_grant` and similar). `reason` contains no secret. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The request was certainly not processed. `reason` is readable text without secrets. */
  | { readonly kind: 'unspent'; readonly reason?: string }
  /**
   * The result is unknown: the response was lost, or the issuer failed (5xx). The refresh token is kept and tried
   * again.
   */
  | { readonly kind: 'unknown'; readonly reason?: string };

/** Returns the name of a login in the store. */
export function loginIdOf({ issuer, clientId, resource, subject }: LoginKey): string {
  return digest([issuer, clientId, resource, subject]);
}

/**
 * Returns the name of an issuer's registration in the store. It is a hash, because the issuer is encrypted like
 * everything else.
 */
export function clientIdOf(issuer: string): string {
  return createHash('sha256').update(issuer).digest('hex');
}

/** Returns the name of the facts about an endpoint. Facts for a configured client id have their own name. */
export function bindingIdOf(endpoint: string, configuredClientId: string | null): string {
  return digest([endpoint, configuredClientId ?? '']);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
