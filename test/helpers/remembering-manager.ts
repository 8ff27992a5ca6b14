import { ConnectorProxyManager, type ConnectorProxyManagerOptions } from '../../src/main/index.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { KEY } from './signed-map.ts';

/** Creates a manager with a state folder for its own map, without a background refresh, that records its log. */
export function remembering(
  serviceMapUrl: string,
  stateDir: string,
  options: Partial<ConnectorProxyManagerOptions> = {},
): ConnectorProxyManager & { readonly lines: readonly LogLine[] } {
  const logger = recordingLogger();
  const manager = new ConnectorProxyManager({
    serviceMapUrl,
    stateDir,
    signatureKey: KEY,
    logger,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 60_000 },
    ...(options as object),
  });
  return Object.assign(manager, { lines: logger.lines });
}
