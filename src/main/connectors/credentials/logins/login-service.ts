import type { Credentials } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';

/** Where to send a person, and what for. */
export interface StartedLogin {
  readonly connectorId: string;
  /** The issuer's own address, https or loopback http. It holds no secret of ours; PKCE and `state` protect it. */
  readonly authorizationUrl: string;
  /** The `state` of the request: the redirect brings it back. */
  readonly state: string;
  readonly issuer: string;
  readonly resource: string;
  /** Null where the issuer chooses. */
  readonly scope: string | null;
  /** Epoch ms; after it, `finish` refuses. */
  readonly expiresAt: number;
}

/** One login as people see it. No token is in it. */
export interface LoginSummary {
  readonly connectorId: string;
  /** `none`: never logged in, or logged out. `lost`: the issuer refused to refresh it. */
  readonly state: 'logged-in' | 'none' | 'lost';
  readonly issuer: string | null;
  readonly clientId: string | null;
  readonly scope: string | null;
  /** The scopes that a call needed and the login does not have, so that a person has to log in again; null for none. */
  readonly missingScope: string | null;
  /** When the access token expires, epoch ms; null where nobody knows. */
  readonly expiresAt: number | null;
  /** Whether it is refreshed without a person. */
  readonly isRefreshable: boolean;
  /** Why it is lost; null otherwise. */
  readonly reason: string | null;
}

export interface StartLoginOptions {
  /** Where the issuer sends the person back to. */
  readonly redirectUrl: string;
  /** The https address of the client's metadata document, where this host serves one (CIMD). */
  readonly clientMetadataUrl?: string | null | undefined;
}

/**
 * The logins of a manager's connectors: finds out what a connector wants, sends people to the issuer, takes them back,
 * keeps and refreshes tokens.
 */
export interface LoginService {
  /** The credentials of a connector that may want a login; the same ones as long as its entry says the same. */
  credentialsOf(target: LoginTarget): Credentials;
  /**
   * Prepares a login. Rejects with LOGIN_UNSUPPORTED, LOGIN_CLIENT_UNKNOWN, LOGIN_METADATA_INVALID, LOGIN_FAILED, or
   * CONNECTOR_ADDRESS_REFUSED.
   */
  start(target: LoginTarget, options: StartLoginOptions): Promise<StartedLogin>;
  /**
   * Takes the parameters of the redirect, changes the code into tokens and stores them. Resolves with the connector's
   * id. A `state` is good for one redirect. Rejects with LOGIN_EXPIRED, LOGIN_FAILED, LOGIN_METADATA_INVALID.
   */
  finish(parameters: URLSearchParams): Promise<{ readonly connectorId: string }>;
  /** Revokes the tokens where the issuer can (RFC 7009) and forgets them. Whether there was a login. */
  logout(target: LoginTarget): Promise<boolean>;
  summary(target: LoginTarget): Promise<LoginSummary>;
  /** The same from what is known by now, in memory; null where the connector neither has nor wants a login. */
  view(target: LoginTarget): LoginSummary | null;
  /**
   * Calls `listener` with the ids of connectors whose login came, changed or went, by this process or another one,
   * until the returned function is called. A mere refresh is no change.
   */
  onChange(listener: (connectorIds: readonly string[]) => void): () => void;
  /**
   * Calls `listener` with the ids of connectors whose requests were refused because their login could not be refreshed,
   * once it was, by this process or another one.
   */
  onRefreshed(listener: (connectorIds: readonly string[]) => void): void;
  /** How many connectors have a login in each state, of those that have or want one. */
  countByState(): ReadonlyMap<LoginSummary['state'], number>;
  /** Ends timers, watches and requests under way. Idempotent; never rejects. */
  close(): Promise<void>;
}
