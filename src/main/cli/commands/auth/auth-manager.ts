import { type OAuthSettings, oauthSettingsOf } from '../../../../shared/map/oauth-settings.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { misuse } from '../../flags/option-values.ts';
import { type SourceOptions, withManager } from '../../source-options.ts';
import type { StartUp } from '../../start-up.ts';
import { usableStateDir } from '../../state-folder.ts';
import { unknownConnector } from '../../targets/unknown-names.ts';

/** Throws OPTIONS_INVALID if there is no state folder, because logins are stored only in a state folder. */
export function assertKeepsLogins(options: SourceOptions): void {
  if (options.state === false) throw misuse('Logins are kept in the state folder: leave out --no-state');
  if (usableStateDir(options) === undefined) throw misuse('Without a state folder, logins are lost: give --state-dir');
}

/** What an `auth` command does with its manager. `ended` aborts when the command ends. */
type AuthWork = (manager: ConnectorProxyManager, startUp: StartUp, ended: AbortSignal) => Promise<number>;

/**
 * Runs `work` with a manager that has read all entries and starts a connector only when the connector is needed.
 * Rejects with CONNECTOR_UNKNOWN if there is no connector with the id `connector`. If there are no connectors at all,
 * rejects with the error of `sync()`.
 */
export function withLogins(connector: string | undefined, options: SourceOptions, work: AuthWork): Promise<number> {
  return withManager(
    options,
    async (manager, startUp, ended) => {
      await manager.sync().catch((error: unknown) => {
        // If the map cannot be fetched, the entries of files and of the registry can still be used.
        if (manager.listConnectors().length === 0) throw error;
      });
      if (connector !== undefined && !manager.has(connector)) throw unknownConnector(manager, connector);
      return await work(manager, startUp, ended);
    },
    { connect: 'on-demand' },
  );
}

/**
 * Returns the login settings in the entry of a connector. Returns null if the entry has no login settings or forbids
 * logins.
 */
export function settingsOf(manager: ConnectorProxyManager, connectorId: string): OAuthSettings | null {
  const entry = manager.connector(connectorId)?.entry;
  const settings = entry === undefined ? null : oauthSettingsOf(entry);
  return settings === 'off' ? null : settings;
}
