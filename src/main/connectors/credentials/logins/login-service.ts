import type { Credentials } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';

/** The URL to which a person is sent to log in, and the facts about that login. */
export interface StartedLogin {
  readonly connectorId: string;
  /**
   * The URL of the issuer's login page, https or loopback http. It contains no secret of this host; PKCE and `state`
   * protect the login.
   */
  readonly authorizationUrl: string;
  /** The `state` parameter of the authorization request. The redirect contains it too. */
  readonly state: string;
  readonly issuer: string;
  readonly resource: string;
  /** The requested scopes, separated by blanks; null if the issuer chooses the scopes. */
  readonly scope: string | null;
  /** Expiry of this login attempt, in epoch milliseconds. After this time, `finish` rejects. */
  readonly expiresAt: number;
}

/** A summary of one login for display. It holds no token. */
export interface LoginSummary {
  readonly connectorId: string;
  /**
   * `none`: never logged in, or logged out. `lost`: a person has to log in again, for example because the issuer
   * refused to refresh the login.
   */
  readonly state: 'logged-in' | 'none' | 'lost';
  readonly issuer: string | null;
  readonly clientId: string | null;
  readonly scope: string | null;
  /**
   * The scopes that a call needed but the login lacks, so that a person has to log in again; null if no scope is
   * missing.
   */
  readonly missingScope: string | null;
  /** Expiry of the access token, in epoch milliseconds; null if it is not known. */
  readonly expiresAt: number | null;
  /** Whether the login can be refreshed without a person. */
  readonly isRefreshable: boolean;
  /** The reason why the login is lost; null for any other state. */
  readonly reason: string | null;
}

/** Options of `startLogin()`. */
export interface StartLoginOptions {
  /** The address to which the issuer sends the person back. */
  readonly redirectUrl: string;
  /** The https address of the client's metadata document, if this host serves one (CIMD). */
  readonly clientMetadataUrl?: string | null | undefined;
}

/**
 * The logins of a manager's connectors: finds out what a connector requires, sends people to the issuer, handles their
 * return, and stores and refreshes tokens.
 */
export interface LoginService {
  /**
   * Returns the credentials of a connector that may need a login. Returns the same object while the connector's entry
   * has the same content.
   */
  credentialsOf(target: LoginTarget): Credentials;
  /**
   * Prepares a login. Rejects with LOGIN_UNSUPPORTED, LOGIN_CLIENT_UNKNOWN, LOGIN_METADATA_INVALID, LOGIN_FAILED, or
   * CONNECTOR_ADDRESS_REFUSED.
   */
  start(target: LoginTarget, options: StartLoginOptions): Promise<StartedLogin>;
  /**
   * Finishes a login with the parameters of the redirect: exchanges the code for tokens and stores them. Resolves with
   * the connector's id. A `state` is valid for one redirect. Rejects with LOGIN_EXPIRED, LOGIN_FAILED,
   * LOGIN_METADATA_INVALID.
   */
  finish(parameters: URLSearchParams): Promise<{ readonly connectorId: string }>;
  /**
   * Revokes the tokens if the issuer supports this (RFC 7009), and forgets them. Resolves with true if there was a
   * login.
   */
  logout(target: LoginTarget): Promise<boolean>;
  summary(target: LoginTarget): Promise<LoginSummary>;
  /** Returns the summary of a login from the data in memory; null if the connector neither has nor needs a login. */
  view(target: LoginTarget): LoginSummary | null;
  /**
   * Calls `listener` when logins were added, changed or removed, by this process or another process. The listener gets
   * the ids of their connectors. A refresh alone does not count as a change. The returned function removes the
   * listener.
   */
  onChange(listener: (connectorIds: readonly string[]) => void): () => void;
  /**
   * Calls `listener` when a login was refreshed after an earlier refresh had failed, by this process or another
   * process. The listener gets the ids of the connectors whose requests had been refused because of that failure.
   */
  onRefreshed(listener: (connectorIds: readonly string[]) => void): void;
  /** Returns the number of connectors by the state of their login. Counts only connectors that have or need a login. */
  countByState(): ReadonlyMap<LoginSummary['state'], number>;
  /** Ends timers, watches and requests in progress. Idempotent; never rejects. */
  close(): Promise<void>;
}
