import { ConnectorProxyManager } from '../../src/main/index.ts';
import type { ManagerOptions, SignedMapManagerOptions } from '../../src/main/options/manager-options.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { MapServer } from './map-server.ts';
import { entry, type Json, mapOf, NOW } from './signed-map.ts';
import { TempDir } from './temp-dir.ts';

/** Creates a connector that is in the map but never connected. */
const off = (id: string): Json => entry(id, { status: 'disabled' });

/** Creates a map of these connectors, generated `seconds` after {@link NOW}. */
export function mapAt(seconds: number, ids: readonly string[] = ['a'], overrides: Json = {}): Json {
  const generatedAt = new Date(NOW + seconds * 1_000).toISOString();
  return mapOf(ids.map(off), { generatedAt, ...overrides });
}

type TrustingOptions = Partial<SignedMapManagerOptions>;

type TrustingManager = ConnectorProxyManager & {
  readonly lines: readonly LogLine[];
  /** Syncs regardless of the result. Resolves with the code of the last failed refresh, or null after a success. */
  readonly refresh: () => Promise<string | null>;
};

/** A map server, a state folder and a clock that outlive the managers that use them. */
export interface TrustWorld extends AsyncDisposable {
  readonly server: MapServer;
  readonly stateDir: string;
  /** The time on the clock of all managers, in epoch ms. */
  readonly clock: { at: number };
  /** Creates a manager that uses the state folder. The previous manager must be closed first. */
  start(options: TrustingOptions): TrustingManager;
  /** Creates a manager, passes it to `work` after its first sync, and closes it. */
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

/** Returns the ids of the manager's current connectors. */
export function idsOf(manager: ConnectorProxyManager): string[] {
  return manager.listConnectors().map(({ id }) => id);
}
