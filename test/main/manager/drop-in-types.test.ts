/**
 * A program that was written for the types of the replaced package. Only its import path was changed. The compiler is
 * the test, because `npm run check` compiles this file. The assertions only confirm that the program runs.
 */
import { describe, expect, it } from 'vitest';
import {
  type ConnectorEntry,
  type ConnectorFeatureFlags,
  ConnectorManifestError,
  ConnectorProxyManager,
  type ConnectorProxyManagerOptions,
  type ConnectorServiceMapOptions,
  canonicalizeServiceMapPayload,
  createServiceMapSignature,
  getConnectorMetricsRegistry,
  loadConnectorServiceMap,
  ManifestCache,
  parseConnectorFeatureFlags,
  RefreshScheduler,
  type RefreshSchedulerOptions,
  RemoteToolProxy,
  type RemoteToolProxyOptions,
  verifyServiceMapSignature,
} from '../../../src/main/index.ts';
import { silentLogger } from '../../../src/main/observability/logger.ts';
import { secret } from '../../helpers/evidence.ts';

/** The log function of pino. */
interface LogFn {
  <T extends object>(obj: T, msg?: string, ...args: unknown[]): void;
  (msg: string, ...args: unknown[]): void;
}
interface ServerLogger {
  debug: LogFn;
  info: LogFn;
  warn: LogFn;
  error: LogFn;
}

/** A tool of the host's registry. Its type has mutable fields, and more fields than this package sets. */
interface HostTool {
  name: string;
  description: string;
  version?: string;
  inputSchema: Record<string, unknown>;
  handler: (args: Record<string, unknown>) => Promise<unknown>;
  metadata?: { tags?: string[]; author?: string; connectorId?: string };
}
class HostRegistry {
  readonly tools = new Map<string, HostTool>();
  registerTool(tool: HostTool): void {
    this.tools.set(tool.name, tool);
  }
  removeTool(name: string): boolean {
    return this.tools.delete(name);
  }
}

/** A proxy class of the program, with the three methods that the manager calls. */
class StubProxy {
  readonly config: RemoteToolProxyOptions;
  constructor(config: RemoteToolProxyOptions) {
    this.config = config;
  }
  async connect(): Promise<void> {
    this.config.onAvailabilityChange?.(this.config.enabled);
  }
  getTools(): { name: string; description: string; inputSchema: Record<string, unknown> }[] {
    return [{ name: 'ping', description: 'Ping', inputSchema: { type: 'object' } }];
  }
  async callTool(tool: string, args: Record<string, unknown>): Promise<unknown> {
    return { tool, args };
  }
}

class Host {
  readonly registry = new HostRegistry();
  readonly #manager: ConnectorProxyManager;

  constructor(logger: ServerLogger, flags: ConnectorFeatureFlags = parseConnectorFeatureFlags()) {
    const clock = { now: () => Date.now() };
    const options: ConnectorProxyManagerOptions = {
      serviceMapUrl: 'http://map.invalid/v1/connectors/service-map',
      signatureKey: secret('signature'),
      connectorsApiKey: secret('connectors'),
      apiKey: secret('map'),
      registry: this.registry,
      logger,
      timeoutMs: 5_000,
      fetchImpl: fetch,
      now: () => Date.now(),
      clock,
      sleep: async (ms: number): Promise<void> => void ms,
      createProxy: (config: RemoteToolProxyOptions) => new StubProxy(config),
    };
    this.#manager = new ConnectorProxyManager({ ...options, featureFlags: flags });
  }

  async start(): Promise<ConnectorEntry[]> {
    await this.#manager.sync();
    await this.#manager.sync(true);
    return this.#manager.listConnectors();
  }

  stop(): Promise<void> {
    return this.#manager.disconnect();
  }
}

const proxyFactories: ((config: RemoteToolProxyOptions) => RemoteToolProxy)[] = [
  (config) => new RemoteToolProxy(config),
];
const withRealProxies = (options: ConnectorProxyManagerOptions): ConnectorProxyManager =>
  new ConnectorProxyManager({ ...options, ...(proxyFactories[0] && { createProxy: proxyFactories[0] }) });

async function loadOnce(options: ConnectorServiceMapOptions): Promise<number> {
  const { payload, expiresAtMs } = await loadConnectorServiceMap(options);
  const names: string[] = payload.connectors.map((connector) => connector.name);
  return expiresAtMs + names.length + payload.ttlSeconds;
}

const schedulerOptions: RefreshSchedulerOptions = {
  intervalMs: 1_000,
  jitterFactor: 0.2,
  onRefresh: async () => {},
  logger: silentLogger,
  clock: { now: () => 0 },
  random: { next: () => 0.5 },
};

describe('caller of the replaced package', () => {
  it('a program written for the replaced package compiles, and finds the same exports', async () => {
    const host = new Host(silentLogger as unknown as ServerLogger, { asyncRefresh: false, refreshIntervalMs: 1_000 });
    await expect(host.start()).rejects.toBeInstanceOf(ConnectorManifestError);
    await host.stop();
    await expect(loadOnce({ serviceMapUrl: 'http://127.0.0.1:1/', signatureKey: secret('x') })).rejects.toMatchObject({
      name: 'ConnectorManifestError',
    });
    expect(withRealProxies).toBeTypeOf('function');
    const cache = new ManifestCache<string>({ now: () => 0 });
    cache.set('map', 1_000);
    cache.invalidate();
    const scheduler = new RefreshScheduler(schedulerOptions);
    scheduler.start();
    await scheduler.forceRefresh();
    scheduler.stop();
    const signature: string = createServiceMapSignature({ a: 1 }, secret('x'));
    expect(verifyServiceMapSignature({ a: 1 }, signature, secret('x'))).toBe(true);
    expect(canonicalizeServiceMapPayload({ b: 1, a: 2 })).toBe('{"a":2,"b":1}');
    expect(await getConnectorMetricsRegistry().metrics()).toContain('brainwav_mcp_connector_proxy_up');
  });
});
