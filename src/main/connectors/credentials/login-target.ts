import type { OAuthSettings } from '../../../shared/map/oauth-settings.ts';

/** A connector as logins see it. */
export interface LoginTarget {
  readonly connectorId: string;
  readonly url: URL;
  /** What its entry says; null where it says nothing, so that only a challenge can. */
  readonly oauth: OAuthSettings | null;
  /**
   * The secret that `clientSecretEnv` names or a local file holds; null without one. Read when it is needed. Throws
   * LOGIN_SECRET_MISSING.
   */
  readonly clientSecret: () => string | null;
  /** The private key that `privateKeyEnv` names; null without one. Throws LOGIN_SECRET_MISSING. */
  readonly privateKey: () => string | null;
  /** Whether this machine's user wrote the entry, rather than the author of a map. */
  readonly isLocal: boolean;
  /** Whether this host is a replica of a fleet in which each has logins of its own. */
  readonly isOfReplica?: boolean | undefined;
  /** Another text where a local file holds another secret; it tells nothing of the secret. Absent without one. */
  readonly secretMark?: string | undefined;
}
