import { hash } from 'node:crypto';
import { Redis as Client } from 'ioredis';
import { systemRandom } from '../../../src/shared/clock.ts';
import { type FleetKeys, type FleetMapKeys, fleetKeys } from '../../../src/shared/fleet/fleet-keys.ts';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import type { FleetRole } from '../../../src/shared/fleet/fleet-settings.ts';
import type { FleetEvent } from '../../../src/shared/protocol/fleet/fleet-messages.ts';
import type { FleetMapApi, HeldMap, PublishedMap } from '../../../src/shared/protocol/fleet/map-messages.ts';
import type { WriterReply } from '../../../src/shared/protocol/writer-reply.ts';
import { RedisConnections } from '../../../src/workers/fleet/connection/redis-connections.ts';
import { createMapPart } from '../../../src/workers/fleet/maps/map-part.ts';
import { eventually } from '../eventually.ts';

export const FLEET_ID = 'tests';
export const FLEET_SECRET = 'a secret that all hosts of this fleet share';
export const MAP_NAME = 'a-map-of-the-tests';

export const mapKeys: FleetMapKeys = fleetKeys(FLEET_ID).map(MAP_NAME);

interface HostOptions {
  readonly role?: FleetRole;
  readonly secret?: string;
  readonly keys?: FleetKeys;
}

/** The part of one host's fleet thread that handles maps. It runs in this process, over its own connections. */
export class MapHost implements AsyncDisposable {
  readonly hostId: string;
  readonly api: FleetMapApi;
  readonly events: FleetEvent[] = [];
  readonly sealer: FleetSealer;
  readonly redis: RedisConnections;
  readonly #leave: (() => Promise<void>)[] = [];

  constructor(port: number, hostId: string, { role = 'any', secret = FLEET_SECRET }: HostOptions = {}) {
    this.hostId = hostId;
    this.sealer = new FleetSealer(FLEET_ID, [secret]);
    const settings = {
      ...{ url: `redis://127.0.0.1:${port}`, username: null, password: null, id: FLEET_ID, secrets: [secret], role },
      ...{ hostId, version: '0.0.0', tls: null },
    };
    this.redis = new RedisConnections(Client, settings, { random: systemRandom, onRefused: () => {} });
    this.api = createMapPart({
      ...{ redis: this.redis, keys: fleetKeys(FLEET_ID), sealer: this.sealer, settings, random: systemRandom },
      emit: (event) => this.events.push(event),
      onClose: (work) => this.#leave.push(work),
    });
    this.redis.connect();
  }

  /** Creates a host that follows the map of the tests. */
  static async follow(port: number, hostId: string, options: HostOptions = {}): Promise<MapHost> {
    const host = new MapHost(port, hostId, options);
    answerOf(await host.api.followMap(MAP_NAME));
    return host;
  }

  get isLeading(): boolean {
    const last = this.events.findLast(({ kind }) => kind === 'map-leading' || kind === 'map-following');
    return last?.kind === 'map-leading';
  }

  /** Resolves once this host leads. */
  async leads(withinMs?: number): Promise<void> {
    await eventually(`${this.hostId} leads`, () => this.isLeading, withinMs);
  }

  /** The digest in the latest announcement of a map (`map-news` event); null before the first one. */
  get news(): string | null {
    const last = this.events.findLast((event) => event.kind === 'map-news');
    return last?.kind === 'map-news' ? last.head.sha256 : null;
  }

  /** Resolves once the latest announcement contains the digest of this map. */
  async hears(map: HeldMap, withinMs?: number): Promise<void> {
    await eventually(`${this.hostId} hears of the map`, () => this.news === map.sha256, withinMs);
  }

  count(kind: FleetEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  /**
   * Reports a map as the map that this host uses, and then publishes it. Resolves with the result or the error code.
   */
  async publish(map: PublishedMap): Promise<string> {
    const copy = { ...map, bytes: map.bytes.slice() };
    await this.hold(map);
    const answer = await this.api.publishMap(MAP_NAME, copy);
    return answer.ok ? answer.value : answer.error.code;
  }

  async hold({ sha256, generatedAtMs, expiresAtMs, etag }: HeldMap): Promise<void> {
    answerOf(await this.api.holdMap(MAP_NAME, { sha256, generatedAtMs, expiresAtMs, etag }));
  }

  /** Reads from the fleet the body with the digest of this map. Resolves with null if the fleet does not have it. */
  async read(map: HeldMap): Promise<Uint8Array | null> {
    const head = { ...map, confirms: 0, by: 'somebody', fence: 1 };
    return answerOf(await this.api.readMap(MAP_NAME, head))?.bytes ?? null;
  }

  /** Leaves the fleet in an orderly way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#leave.map((leave) => leave()));
    this.redis.close();
  }

  /** Disconnects abruptly, without leaving. */
  vanish(): void {
    this.redis.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Creates a published map whose body is `text`, which is not a real map. The fleet thread does not interpret bodies.
 */
export function mapOf(generatedAtMs: number, text = `map ${generatedAtMs}`): PublishedMap {
  const bytes = new Uint8Array(Buffer.from(text));
  const facts = { generatedAtMs, expiresAtMs: generatedAtMs + 3_600_000, etag: `"${generatedAtMs}"` };
  return { ...facts, sha256: hash('sha256', bytes, 'hex'), bytes };
}

/**
 * Creates entries that hardly compress, like tokens and digests do. Only the last `changed` of them depend on `seed`.
 */
export function entries(count: number, changed = 0, seed = ''): string {
  const entry = (index: number): string => {
    const own = index >= count - changed ? seed : '';
    const noise = [0, 1, 2, 3, 4].map((part) => hash('sha512', `${index} ${part} ${own}`, 'base64'));
    return JSON.stringify({
      id: `connector-${index}`,
      url: `https://${index}.example/mcp`,
      noise,
      pad: 'x'.repeat(800),
    });
  };
  return `[${Array.from({ length: count }, (_, index) => entry(index)).join(',')}]`;
}

/** Returns the value in an answer. Throws if the answer is an error. */
export function answerOf<T>(answer: WriterReply<T>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}
