import { settledWithin } from '../../../shared/clock.ts';
import type { ConnectorSet } from '../../connectors/connector-set.ts';
import { createLoginService } from '../../connectors/credentials/logins/create-login-service.ts';
import type { LoginService } from '../../connectors/credentials/logins/login-service.ts';
import { createLoginFetch, type LoginAgents } from '../../connectors/credentials/oauth/metadata-fetch.ts';
import type { ResolvedOptions } from '../../options/options.ts';
import type { ConnectorSources } from '../../sources/connector-sources.ts';
import type { HostMemory } from '../../state-dir/host-memory.ts';
import { createTargetOf } from './login-target.ts';
import { ManagerLogins } from './manager-logins.ts';

/**
 * How long the start of a login waits for the connector's first attempt to connect, whose response may identify the
 * issuer.
 */
const CHALLENGE_WAIT_MS = 5_000;

export interface LoginsDeps {
  readonly agents: LoginAgents;
  readonly memory: Pick<HostMemory, 'logins' | 'leaseNow'>;
  readonly sources: ConnectorSources;
}

/** Creates the login service of a manager with these options. */
export function createLogins(options: ResolvedOptions, { agents, memory, sources }: LoginsDeps): LoginService {
  const { logger, clock, random, sleep } = options;
  return createLoginService({
    ...{ logger, random, sleep },
    store: memory.logins,
    leaseNow: memory.leaseNow,
    fetchOf: createLoginFetch(agents),
    now: () => clock.now(),
    isWanted: (connectorId) => sources.isWanted(connectorId) === true,
  });
}

export interface ManagerLoginsParts {
  readonly service: LoginService;
  readonly sources: ConnectorSources;
  readonly connectors: ConnectorSet;
}

/** Creates the logins of a manager. A connector reacts when its login changes. */
export function createManagerLogins(
  options: ResolvedOptions,
  { service, sources, connectors }: ManagerLoginsParts,
): ManagerLogins {
  const targetOf = createTargetOf(options);
  const logins = new ManagerLogins({
    service,
    entryOf: (id) => sources.entry(id),
    entries: () => sources.entries(),
    targetOf,
    tried: async (id) => {
      const connector = connectors.find(id);
      if (connector !== undefined) await settledWithin(connector.settled(), CHALLENGE_WAIT_MS);
    },
    clientMetadataUrl: options.clientMetadataUrl,
  });
  service.onChange((connectorIds) => {
    for (const connector of connectorIds.flatMap((id) => connectors.get(id) ?? [])) {
      // After a logout, only connectors that are up are notified. A connector that is down could not connect without a
      // login.
      if (connector.isUp || logins.view(connector.entry)?.state === 'logged-in') connector.loginChanged();
    }
  });
  service.onRefreshed((connectorIds) => {
    // Only connectors that are down are notified. A connection that is up sends the new token with its next request.
    for (const connector of connectorIds.flatMap((id) => connectors.get(id) ?? []))
      if (!connector.isUp) connector.loginChanged();
  });
  return logins;
}
