import type { OAuthSettings } from '../../../shared/map/oauth-settings.ts';

/** The properties of a connector that logins need. */
export interface LoginTarget {
  readonly connectorId: string;
  readonly url: URL;
  /**
   * The `oauth` settings of the connector's entry; null if it has none. In that case, only the server's challenge
   * describes the login.
   */
  readonly oauth: OAuthSettings | null;
  /**
   * Returns the client secret, from the variable that `clientSecretEnv` names or from a local file; null without a
   * secret. Reads the secret at each call. Throws LOGIN_SECRET_MISSING.
   */
  readonly clientSecret: () => string | null;
  /**
   * Returns the private key in the variable that `privateKeyEnv` names; null without a key. Throws
   * LOGIN_SECRET_MISSING.
   */
  readonly privateKey: () => string | null;
  /** Whether this machine's user wrote the entry, rather than the publisher of a map. */
  readonly isLocal: boolean;
  /** Whether this host is a replica of a fleet in which each replica has its own logins. */
  readonly isOfReplica?: boolean | undefined;
  /**
   * A mark that differs for different secrets of a local file, and reveals nothing about the secret. Absent if there is
   * no secret.
   */
  readonly secretMark?: string | undefined;
}
