import type { Dispatcher } from 'undici';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { ConnectorOAuth } from '../../options/host-interfaces.ts';
import { commandOf } from '../connection/local-entry.ts';
import { type Credentials, NO_CREDENTIALS } from '../credentials/credentials.ts';
import { HostCredentials } from '../credentials/host-credentials.ts';
import { hasAuthorization, staticCredentials } from '../credentials/static-credentials.ts';

export interface ChooseCredentialsOptions {
  /** The key for a connector whose `auth` asks for one. */
  readonly apiKeyOf: (entry: ConnectorEntry) => Promise<string | null>;
  /** How the host logs in to a connector; null where it does not. */
  readonly oauth: (connectorId: string) => ConnectorOAuth | null;
  /** The credentials of a connector that may want a login of ours. */
  readonly loginOf: (entry: ConnectorEntry) => Credentials;
  /** The agent that the connector is reached over; null where it is reached through a proxy of the host. */
  readonly dispatcherOf: (entry: ConnectorEntry) => Dispatcher | null;
}

/**
 * Chooses what a connector is reached with: the key that its `auth` asks for, the host's own login, the
 * `Authorization` that is among its headers, or else a login of ours. Programs have none.
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

/** What a login of a host depends on. */
interface HostLoginKey {
  readonly provider: ConnectorOAuth['provider'];
  /** Where the connector is, and with which headers. */
  readonly place: string;
  readonly dispatcher: Dispatcher;
}

/** Credentials live on from one connection to the next: requests of both may wait for one login. */
interface HostLogin extends HostLoginKey {
  readonly credentials: HostCredentials;
}

function isSame(one: HostLoginKey, other: HostLoginKey): boolean {
  return one.provider === other.provider && one.place === other.place && one.dispatcher === other.dispatcher;
}
