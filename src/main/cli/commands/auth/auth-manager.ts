import { type OAuthSettings, oauthSettingsOf } from '../../../../shared/map/oauth-settings.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { misuse } from '../../flags/option-values.ts';
import { type SourceOptions, withManager } from '../../source-options.ts';
import type { StartUp } from '../../start-up.ts';
import { usableStateDir } from '../../state-folder.ts';
import { unknownConnector } from '../../targets/unknown-names.ts';

/** Throws OPTIONS_INVALID without a state folder, because only a state folder keeps logins. */
export function assertKeepsLogins(options: SourceOptions): void {
  if (options.state === false) throw misuse('Logins are kept in the state folder: leave out --no-state');
  if (usableStateDir(options) === undefined) throw misuse('Without a state folder, logins are lost: give --state-dir');
}

/** What an `auth` command does with the manager. `ended` aborts when the command ends. */
type AuthWork = (manager: ConnectorProxyManager, startUp: StartUp, ended: AbortSignal) => Promise<number>;

/**
 * Runs `work` with a manager whose entries are loaded and whose connectors stay down until they are needed. Rejects
 * with CONNECTOR_UNKNOWN if `connector` does not exist, or as `sync()` does if there is no connector at all.
 */
export function withLogins(connector: string | undefined, options: SourceOptions, work: AuthWork): Promise<number> {
  return withManager(
    options,
    async (manager, startUp, ended) => {
      await manager.sync().catch((error: unknown) => {
        // If the server of the map is down, the entries of files and of the registry are still available.
        if (manager.listConnectors().length === 0) throw error;
      });
      if (connector !== undefined && !manager.has(connector)) throw unknownConnector(manager, connector);
      return await work(manager, startUp, ended);
    },
    { connect: 'on-demand' },
  );
}

/** Login settings in the entry of a connector; null if the entry has none or excludes logins. */
export function settingsOf(manager: ConnectorProxyManager, connectorId: string): OAuthSettings | null {
  const entry = manager.connector(connectorId)?.entry;
  const settings = entry === undefined ? null : oauthSettingsOf(entry);
  return settings === 'off' ? null : settings;
}
