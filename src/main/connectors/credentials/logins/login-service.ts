import type { Credentials } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';

/** The address to which a person is sent to log in, and the facts about that login. */
export interface StartedLogin {
  readonly connectorId: string;
  /**
   * The issuer's own address, https or loopback http. It holds no secret of this host; PKCE and `state` protect the
   * login.
   */
  readonly authorizationUrl: string;
  /** The `state` of the request, which the redirect returns. */
  readonly state: string;
  readonly issuer: string;
  readonly resource: string;
  /** Null if the issuer chooses. */
  readonly scope: string | null;
  /** Epoch ms; after this time `finish` rejects. */
  readonly expiresAt: number;
}

/** A summary of one login for display. It holds no token. */
export interface LoginSummary {
  readonly connectorId: string;
  /** `none`: never logged in, or logged out. `lost`: the issuer refused to refresh it. */
  readonly state: 'logged-in' | 'none' | 'lost';
  readonly issuer: string | null;
  readonly clientId: string | null;
  readonly scope: string | null;
  /**
   * The scopes that a call needed and the login lacks, so that a person has to log in again; null if no scope is
   * missing.
   */
  readonly missingScope: string | null;
  /** Expiry of the access token, epoch ms; null if it is not known. */
  readonly expiresAt: number | null;
  /** Whether it can be refreshed without a person. */
  readonly isRefreshable: boolean;
  /** The reason why it is lost; null otherwise. */
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
 * The logins of a manager's connectors: discovers what a connector requires, sends people to the issuer, handles their
 * return, keeps and refreshes tokens.
 */
export interface LoginService {
  /**
   * Returns the credentials of a connector that may need a login; the same object while the connector's entry has the
   * same content.
   */
  credentialsOf(target: LoginTarget): Credentials;
  /**
   * Prepares a login. Rejects with LOGIN_UNSUPPORTED, LOGIN_CLIENT_UNKNOWN, LOGIN_METADATA_INVALID, LOGIN_FAILED, or
   * CONNECTOR_ADDRESS_REFUSED.
   */
  start(target: LoginTarget, options: StartLoginOptions): Promise<StartedLogin>;
  /**
   * Takes the parameters of the redirect, exchanges the code for tokens and stores them. Resolves with the connector's
   * id. A `state` is valid for one redirect. Rejects with LOGIN_EXPIRED, LOGIN_FAILED, LOGIN_METADATA_INVALID.
   */
  finish(parameters: URLSearchParams): Promise<{ readonly connectorId: string }>;
  /**
   * Revokes the tokens if the issuer supports it (RFC 7009) and forgets them. Resolves with whether there was a login.
   */
  logout(target: LoginTarget): Promise<boolean>;
  summary(target: LoginTarget): Promise<LoginSummary>;
  /** Returns the summary from the data in memory; null if the connector neither has nor needs a login. */
  view(target: LoginTarget): LoginSummary | null;
  /**
   * Calls `listener` with the ids of connectors whose login was added, changed or removed, by this process or another
   * process, until the returned function is called. A refresh alone does not count as a change.
   */
  onChange(listener: (connectorIds: readonly string[]) => void): () => void;
  /**
   * Calls `listener` once a login was refreshed after a failure, by this process or another process. The listener gets
   * the ids of the connectors whose requests had been refused because of that failure.
   */
  onRefreshed(listener: (connectorIds: readonly string[]) => void): void;
  /** Returns the number of connectors by the state of their login. Counts only connectors that have or need a login. */
  countByState(): ReadonlyMap<LoginSummary['state'], number>;
  /** Ends timers, watches and requests in progress. Idempotent; never rejects. */
  close(): Promise<void>;
}
