/** What the store of logins keeps. All of it is plain data that crosses threads; all of it is encrypted on disk. */

import { createHash } from 'node:crypto';

/** Whose login it is. For now one login serves every caller of a host. */
type LoginSubject = 'shared';

/** Names one login: who issued it, to which client, for which resource (RFC 8707), on behalf of whom. */
export interface LoginKey {
  readonly issuer: string;
  readonly clientId: string;
  readonly resource: string;
  readonly subject: LoginSubject;
}

/** The tokens of one login (RFC 6749 section 5.1). */
export interface LoginTokens {
  readonly accessToken: string;
  /** Null where the issuer gave none: when the access token expires, a person has to log in again. */
  readonly refreshToken: string | null;
  /** Epoch ms; null where the issuer does not say, so that only a 401 shows it. */
  readonly expiresAtMs: number | null;
  /** Epoch ms. */
  readonly obtainedAtMs: number;
  /** What was granted, with blanks between; null where the issuer does not say. */
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
  /** Of a registered client; null for the others. */
  readonly clientSecret: string | null;
  /** `token_endpoint_auth_method` as it was registered; null to choose by the issuer's metadata. */
  readonly authMethod: string | null;
  readonly redirectUris: readonly string[];
  /** When the secret of a registered client expires, epoch ms; null for never. */
  readonly secretExpiresAtMs: number | null;
  /** The scopes that it was registered for; absent where nobody knows. Many issuers refuse it any other. */
  readonly scope?: string | null | undefined;
}

/** What was found out about the login that an endpoint wants. */
export interface LoginBinding {
  /** {@link bindingIdOf} of the endpoint and the configured client id. */
  readonly bindingId: string;
  readonly endpoint: string;
  /** Null until the client is known. */
  readonly key: LoginKey | null;
  readonly grant: 'authorization_code' | 'client_credentials';
  /** The SDK's `OAuthDiscoveryState` as JSON: the metadata of resource and issuer. */
  readonly discovery: string;
  /** The scopes of the next login: those granted before and those that a 403 asked for. Null: as discovered. */
  readonly wantedScope: string | null;
  /**
   * The client that the login was issued to. A registration of the issuer may be replaced by one with another redirect
   * address, and older logins still need theirs to be refreshed. Absent until there was a login.
   */
  readonly client?: LoginClient | null | undefined;
}

/** One login as the store keeps it. */
export interface StoredLogin {
  /** {@link loginIdOf} of the key. */
  readonly loginId: string;
  readonly key: LoginKey;
  /** Goes up by one with every change of the tokens. */
  readonly generation: number;
  /** Null once a refresh was refused: a person has to log in again. */
  readonly tokens: LoginTokens | null;
  /** Why there are no tokens, for people; null while there are. */
  readonly lostBecause: string | null;
  /**
   * The store whose hosts logged in or refreshed last, where that is another one: it alone refreshes the login while
   * the server of the fleet is away. Absent where it is this store.
   */
  readonly home?: string | undefined;
}

/** What the row of a login holds besides its name and generation. */
export type LoginContent = Omit<StoredLogin, 'loginId' | 'generation'>;

/** One row of a store, as the hosts of a fleet exchange it; a value of null says that it was removed. */
export type LoginRow = { readonly id: string; readonly generation: number } & (
  | { readonly kind: 'binding'; readonly value: LoginBinding | null }
  | { readonly kind: 'client'; readonly value: StoredClient | null }
  | { readonly kind: 'login'; readonly value: LoginContent | null }
);

/** Names a row in all stores. */
export type LoginRowName = Pick<LoginRow, 'kind' | 'id'>;

/** Rows of a store, and which store it is; null for one that holds nothing yet. */
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
  /** Rows that could not be decrypted, so that they count as absent: the key is another one, or they were damaged. */
  readonly unreadable: number;
}

/** A login that a person was sent away for, as another host finishes it. All of it is plain data. */
export interface PendingLoginRecord {
  readonly connectorId: string;
  /** As `LoginBinding.discovery`. */
  readonly discovery: string;
  readonly client: LoginClient;
  readonly redirectUrl: string;
  readonly codeVerifier: string;
  readonly scope: string | null;
}

/** What a process that wants to refresh a login is told. */
export type RefreshTurn =
  /**
   * It is this process' turn. `mayBeSpent`: an earlier refresh was cut off, so the issuer may refuse the refresh token.
   * Nothing may be sent after `sendUntilMs`, and no answer counts after `untilMs` (epoch ms): another process may have
   * its turn by then.
   */
  | {
      readonly kind: 'go';
      readonly leaseId: string;
      readonly untilMs: number;
      /** Absent where it is the same. */
      readonly sendUntilMs?: number | undefined;
      readonly login: StoredLogin;
      readonly mayBeSpent: boolean;
    }
  /** Somebody else has refreshed it since. */
  | { readonly kind: 'newer'; readonly login: StoredLogin }
  /** Another process refreshes it at the moment; ask again after so long. */
  | { readonly kind: 'wait'; readonly forMs: number }
  /** There is no such login any more. */
  | { readonly kind: 'gone' };

/** What came of a refresh. */
export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: LoginTokens }
  /** The issuer refused the refresh token for good (`invalid_grant` and the like). `reason` holds no secret. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The request was surely not processed. `reason` is for people and holds no secret. */
  | { readonly kind: 'unspent'; readonly reason?: string }
  /** Nobody knows: the answer was lost, or the issuer failed (5xx). The refresh token is kept and tried again. */
  | { readonly kind: 'unknown'; readonly reason?: string };

/** The name of a login in the store. */
export function loginIdOf({ issuer, clientId, resource, subject }: LoginKey): string {
  return digest([issuer, clientId, resource, subject]);
}

/** The name of the registration at an issuer in the store: the issuer is encrypted like everything else. */
export function clientIdOf(issuer: string): string {
  return createHash('sha256').update(issuer).digest('hex');
}

/** The name of what is known of an endpoint; a configured client id has its own. */
export function bindingIdOf(endpoint: string, configuredClientId: string | null): string {
  return digest([endpoint, configuredClientId ?? '']);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
