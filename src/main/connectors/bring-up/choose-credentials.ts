import type { Dispatcher } from 'undici';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { ConnectorOAuth } from '../../options/host-interfaces.ts';
import { commandOf } from '../connection/local-entry.ts';
import { type Credentials, NO_CREDENTIALS } from '../credentials/credentials.ts';
import { HostCredentials } from '../credentials/host-credentials.ts';
import { hasAuthorization, staticCredentials } from '../credentials/static-credentials.ts';

export interface ChooseCredentialsOptions {
  /** Returns the key for a connector whose `auth` requires a key. */
  readonly apiKeyOf: (entry: ConnectorEntry) => Promise<string | null>;
  /** Returns the login that the host itself supplies for a connector (option `oauth`); null if it supplies none. */
  readonly oauth: (connectorId: string) => ConnectorOAuth | null;
  /** Returns the credentials of a connector that this package may have to log in to. */
  readonly loginOf: (entry: ConnectorEntry) => Credentials;
  /**
   * Returns the agent for a connector; null if the connector is reached through a proxy from the host's `createProxy`.
   */
  readonly dispatcherOf: (entry: ConnectorEntry) => Dispatcher | null;
}

/**
 * Returns a function that chooses the credentials of a connector. It uses the first of these that exists: the key that
 * the entry's `auth` requires, the host's own login, the `Authorization` header of the entry, and last a login made by
 * this package. Stdio servers have no credentials, except for a key that `auth` requires.
 */
export function createCredentialsOf(
  options: ChooseCredentialsOptions,
): (entry: ConnectorEntry) => Credentials | Promise<Credentials> {
  const logins = new Map<string, HostLogin>();
  return (entry) => {
    if (entry.auth !== undefined && entry.auth.type !== 'none')
      return options.apiKeyOf(entry).then((key) => staticCredentials(entry, key));
    if (commandOf(entry) !== null) return NO_CREDENTIALS;
    const dispatcher = options.dispatcherOf(entry);
    if (dispatcher === null) return staticCredentials(entry, null);
    const oauth = options.oauth(entry.id);
    if (oauth === null) return hasAuthorization(entry) ? staticCredentials(entry, null) : options.loginOf(entry);
    const { id: connectorId, endpoint, headers = {} } = entry;
    const login = { provider: oauth.provider, place: JSON.stringify([endpoint, headers]), dispatcher };
    const before = logins.get(entry.id);
    if (before !== undefined && isSame(before, login)) return before.credentials;
    const credentials = new HostCredentials({ connectorId, url: new URL(endpoint), headers, oauth, dispatcher });
    logins.set(connectorId, { ...login, credentials });
    return credentials;
  };
}

/**
 * The values that determine the credentials of a login which the host supplies. If one of them changes, new credentials
 * are created.
 */
interface HostLoginKey {
  readonly provider: ConnectorOAuth['provider'];
  /** The address and the headers of the connector, as JSON. */
  readonly place: string;
  readonly dispatcher: Dispatcher;
}

/**
 * The credentials of a login that the host supplies. All connections of a connector share them, because requests over
 * two connections may wait for the same login.
 */
interface HostLogin extends HostLoginKey {
  readonly credentials: HostCredentials;
}

function isSame(one: HostLoginKey, other: HostLoginKey): boolean {
  return one.provider === other.provider && one.place === other.place && one.dispatcher === other.dispatcher;
}
