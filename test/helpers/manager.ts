import { ConnectorProxyManager, type ConnectorProxyManagerOptions } from '../../src/main/index.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { MapServer } from './map-server.ts';
import { type Json, KEY, mapOf, signed } from './signed-map.ts';

/** A manager and the server of its map. Both are closed when their scope ends. */
export interface ManagedMap extends AsyncDisposable {
  readonly manager: ConnectorProxyManager;
  readonly server: MapServer;
  readonly lines: readonly LogLine[];
  /** Signs and serves a newer map of these connectors, and syncs. */
  publish(connectors: readonly Json[]): Promise<void>;
}

/** Creates a manager that has not synced yet. */
export async function manage(
  connectors: readonly Json[],
  options: Partial<ConnectorProxyManagerOptions> = {},
): Promise<ManagedMap> {
  let generatedAtMs = Date.now();
  const next = (list: readonly Json[]): Uint8Array => {
    generatedAtMs += 1;
    return signed(mapOf(list, { generatedAt: new Date(generatedAtMs).toISOString() }));
  };
  const server = await MapServer.start(next(connectors));
  const logger = recordingLogger();
  const manager = new ConnectorProxyManager({
    serviceMapUrl: server.url,
    signatureKey: KEY,
    logger,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    ...options,
  });
  return {
    manager,
    server,
    lines: logger.lines,
    async publish(list) {
      server.serve(next(list));
      await manager.sync(true);
    },
    async [Symbol.asyncDispose]() {
      await manager.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
