import { ConnectorProxyManager, type ConnectorProxyManagerOptions } from '../../../src/main/index.ts';
import { fleetOf } from '../../../src/main/manager/parts-of.ts';
import { eventually } from '../eventually.ts';
import { secret } from '../evidence.ts';
import { type LogLine, recordingLogger } from '../log.ts';
import { MapServer } from '../map-server.ts';
import { TestMcpServer } from '../mcp-server.ts';
import { entry, KEY, mapOf, signed } from '../signed-map.ts';
import { RedisServer } from './redis-server.ts';

const FLEET_SECRET = secret('of a fleet that shares quotas, long enough');

/** One host of the world. */
export interface QuotaHost {
  readonly manager: ConnectorProxyManager;
  readonly lines: LogLine[];
}

/** Several hosts in one fleet, and one connector with quotas. The connector itself records the calls that reach it. */
export class QuotaWorld implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly hosts: QuotaHost[] = [];
  /** When each call reached the server (monotonic clock). */
  readonly callsAtMs: number[] = [];
  /** Highest number of concurrent calls. */
  peak = 0;
  #running = 0;
  readonly #maps: MapServer;
  #mcp: TestMcpServer | null = null;
  #generatedAtMs = Date.now();

  private constructor(redis: RedisServer, maps: MapServer) {
    this.redis = redis;
    this.#maps = maps;
  }

  static async start(quotas: Readonly<Record<string, number>>): Promise<QuotaWorld> {
    const world = new QuotaWorld(await RedisServer.start(), await MapServer.start());
    world.#mcp = await TestMcpServer.start((server) =>
      server.registerTool('work', {}, async (_args: unknown) => {
        world.callsAtMs.push(performance.now());
        world.#running += 1;
        world.peak = Math.max(world.peak, world.#running);
        await new Promise((resolve) => setTimeout(resolve, world.workMs));
        world.#running -= 1;
        return { content: [{ type: 'text' as const, text: 'done' }] };
      }),
    );
    world.publish(quotas);
    return world;
  }

  /** Duration of each call, in ms. */
  workMs = 0;

  get mapUrl(): string {
    return this.#maps.url;
  }

  /** Serves the connector with these quotas. */
  publish(quotas: Readonly<Record<string, number>>): void {
    this.#generatedAtMs += 1;
    const generatedAt = new Date(this.#generatedAtMs).toISOString();
    this.#maps.serve(signed(mapOf([entry('shop', { endpoint: this.#mcp?.url, quotas })], { generatedAt })));
  }

  /** Returns the options of one host. */
  options(fleet: Partial<ConnectorProxyManagerOptions['fleet']> = {}): ConnectorProxyManagerOptions {
    return {
      ...{ serviceMapUrl: this.mapUrl, signatureKey: KEY, allowPrivateEndpoints: true },
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 600_000 },
      fleet: { url: this.redis.url, id: 'quotas', secrets: [FLEET_SECRET], quotas: true, ...fleet },
    };
  }

  /** Adds hosts, and waits until they all know each other. */
  async join(count: number, fleet: Partial<ConnectorProxyManagerOptions['fleet']> = {}): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const logger = recordingLogger();
      const manager = new ConnectorProxyManager({ ...this.options(fleet), logger });
      this.hosts.push({ manager, lines: logger.lines });
    }
    await Promise.all(this.hosts.map(({ manager }) => manager.sync()));
    await eventually(
      'all hosts know each other',
      () => this.hosts.every(({ manager }) => (fleetOf(manager)?.hosts.length ?? 0) >= this.hosts.length - 1),
      60_000,
    );
  }

  /** Makes one call from one host. Resolves with `done`, or with the code of its error. */
  async call(host: number, timeoutMs = 5_000): Promise<string> {
    try {
      await this.hosts[host]?.manager.callTool('shop.work', {}, { timeoutMs });
      return 'done';
    } catch (error) {
      return String(Reflect.get(error as object, 'code'));
    }
  }

  /**
   * Makes `each` calls from each host at the same time. Resolves with the number of successful calls. Calls that cannot
   * start within their timeout fail.
   */
  async burst(each: number, timeoutMs = 20_000): Promise<number> {
    const calls = this.hosts.flatMap((_, host) => Array.from({ length: each }, () => this.call(host, timeoutMs)));
    const outcomes = await Promise.all(calls);
    return outcomes.filter((outcome) => outcome === 'done').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map(({ manager }) => manager.close()));
    await this.#mcp?.[Symbol.asyncDispose]();
    await this.#maps[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}
