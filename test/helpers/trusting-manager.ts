import { ConnectorProxyManager } from '../../src/main/index.ts';
import type { ManagerOptions, SignedMapManagerOptions } from '../../src/main/options/manager-options.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { MapServer } from './map-server.ts';
import { entry, type Json, mapOf, NOW } from './signed-map.ts';
import { TempDir } from './temp-dir.ts';

/** A connector that is in the map and never connected. */
const off = (id: string): Json => entry(id, { status: 'disabled' });

/** A map of these connectors, generated so many seconds after {@link NOW}. */
export function mapAt(seconds: number, ids: readonly string[] = ['a'], overrides: Json = {}): Json {
  const generatedAt = new Date(NOW + seconds * 1_000).toISOString();
  return mapOf(ids.map(off), { generatedAt, ...overrides });
}

type TrustingOptions = Partial<SignedMapManagerOptions>;

type TrustingManager = ConnectorProxyManager & {
  readonly lines: readonly LogLine[];
  /** Syncs, whatever comes of it; the code of the last failed refresh, null after one that succeeded. */
  readonly refresh: () => Promise<string | null>;
};

/** A map server, a folder for state and a clock that survive the managers that use them. */
export interface TrustWorld extends AsyncDisposable {
  readonly server: MapServer;
  readonly stateDir: string;
  /** What all managers take for the present, epoch ms. */
  readonly clock: { at: number };
  /** A manager on the folder; the one before has to be closed. */
  start(options: TrustingOptions): TrustingManager;
  /** Starts a manager, gives it to `work` after its first sync, and closes it. */
  during<T>(options: TrustingOptions, work: (manager: TrustingManager) => T | Promise<T>): Promise<T>;
}

export async function trustWorld(): Promise<TrustWorld> {
  const server = await MapServer.start();
  const dir = new TempDir();
  const clock = { at: NOW };
  const start = (options: TrustingOptions): TrustingManager => {
    const logger = recordingLogger();
    const manager = new ConnectorProxyManager({
      serviceMapUrl: server.url,
      stateDir: dir.path,
      offload: 'never',
      now: () => clock.at,
      sleep: async () => {},
      logger,
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 60_000 },
      ...options,
    } as ManagerOptions);
    const refresh = async (): Promise<string | null> => {
      await manager.sync(true).catch(() => {});
      return manager.status().serviceMap.lastError?.code ?? null;
    };
    return Object.assign(manager, { lines: logger.lines, refresh });
  };
  return {
    ...{ server, stateDir: dir.path, clock, start },
    async during(options, work) {
      const manager = start(options);
      try {
        await manager.refresh();
        return await work(manager);
      } finally {
        await manager.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/** The ids of the connectors in force. */
export function idsOf(manager: ConnectorProxyManager): string[] {
  return manager.listConnectors().map(({ id }) => id);
}
