import { ConnectorProxyManager, type ConnectorProxyManagerOptions } from '../../src/main/index.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { KEY } from './signed-map.ts';

/** Creates a manager with one map and a state folder, without a background refresh. It records its log. */
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
