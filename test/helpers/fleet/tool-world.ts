import { ConnectorProxyManager, type ConnectorProxyManagerOptions } from '../../../src/main/index.ts';
import { fleetKeys, fleetMapName } from '../../../src/shared/fleet/fleet-keys.ts';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import { changeable } from '../changeable-connector.ts';
import { eventually } from '../eventually.ts';
import { type LogLine, recordingLogger } from '../log.ts';
import { KEY } from '../signed-map.ts';
import { TempDir } from '../temp-dir.ts';
import { FLEET_SECRET } from './fleet-under-test.ts';
import { RedisServer } from './redis-server.ts';

/** A host of the fleet: a manager with its log. */
export type ToolHost = ConnectorProxyManager & { readonly lines: readonly LogLine[] };

/** A Redis server, a connector whose tools can change, a server for its map, and hosts. */
export class ToolWorld implements AsyncDisposable {
  readonly keys = fleetKeys('tests');
  readonly sealer = new FleetSealer('tests', [FLEET_SECRET]);
  readonly redis: RedisServer;
  readonly mail: Awaited<ReturnType<typeof changeable>>;
  readonly #hosts = new Set<ConnectorProxyManager>();
  readonly #folders = new TempDir();

  private constructor(redis: RedisServer, mail: Awaited<ReturnType<typeof changeable>>) {
    this.redis = redis;
    this.mail = mail;
  }

  static async start(): Promise<ToolWorld> {
    return new ToolWorld(await RedisServer.start(), await changeable());
  }

  /** The scope of the map's connectors. */
  get scope(): string {
    return fleetMapName('tests', this.mail.maps.url);
  }

  get catalogue(): string {
    return this.keys.tools(this.scope);
  }

  get pins(): string {
    return this.keys.pins(this.scope);
  }

  /** Returns the state folder of a host. */
  folder(name: string): string {
    return `${this.#folders.path}/${name}`;
  }

  /** Creates a host with the policy `quarantine` that has not synced. It has a disk only if the options set one. */
  host(options: Partial<ConnectorProxyManagerOptions> = {}): ToolHost {
    const logger = recordingLogger();
    const manager = new ConnectorProxyManager({
      serviceMapUrl: this.mail.maps.url,
      signatureKey: KEY,
      logger,
      pinTools: 'quarantine',
      fleet: { url: this.redis.url, id: 'tests', secrets: [FLEET_SECRET] },
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 60_000 },
      ...(options as object),
    });
    this.#hosts.add(manager);
    return Object.assign(manager, { lines: logger.lines });
  }

  /** Creates a host, and waits until it has listed the connector's tools and is connected to the fleet. */
  async up(options: Partial<ConnectorProxyManagerOptions> = {}): Promise<ToolHost> {
    const host = this.host(options);
    await isInFleet(host);
    await host.sync();
    return host;
  }

  /** Closes a host in an orderly way, as before a restart. */
  async end(host: ConnectorProxyManager): Promise<void> {
    this.#hosts.delete(host);
    await host.close();
  }

  /** Resolves once the fleet's tool catalogue contains this many connectors. */
  async catalogued(count = 1): Promise<void> {
    await eventually('the catalogue is written', async () => (await this.redis.do('HLEN', this.catalogue)) === count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts].map((host) => host.close()));
    await this.mail[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    this.#folders[Symbol.dispose]();
  }
}

/** Resolves once a host is connected to the Redis server. */
export async function isInFleet(host: ToolHost): Promise<void> {
  await eventually('the host is in its fleet', () =>
    host.lines.some(({ fields }) => fields.event === 'fleet-connected'),
  );
}

/** Returns the names of a host's tools, sorted. Names of remembered tools end with a star. */
export function toolsOf(host: ConnectorProxyManager): readonly string[] {
  return host
    .listTools()
    .map(({ name, isStale }) => (isStale ? `${name}*` : name))
    .sort();
}

/** Resolves once a host lists exactly these tools, named as by {@link toolsOf}. */
export async function lists(host: ConnectorProxyManager, ...names: readonly string[]): Promise<void> {
  await eventually(`the host lists ${names.join(', ')}`, () => toolsOf(host).join() === names.join(), 30_000);
}
