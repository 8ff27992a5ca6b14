import type { LimitFunction } from 'p-limit';
import { messageOf } from '../../../shared/errors.ts';
import type { FleetMapKeys } from '../../../shared/fleet/fleet-keys.ts';
import { copyOf } from '../../../shared/fleet/map-box.ts';
import { type MapHead, readMapHead } from '../../../shared/fleet/map-head.ts';
import type { FleetBody, HeldMap, PublishedMap, PublishOutcome } from '../../../shared/protocol/fleet/map-messages.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import { MapEar } from './map-ear.ts';
import { MapLeader } from './map-leader.ts';
import { type HeldLease, MapLease } from './map-lease.ts';
import { MapReader } from './map-reader.ts';
import { BEAT, FREE } from './map-scripts.ts';
import type { MapTime } from './map-time.ts';
import { MapWriter } from './map-writer.ts';
import type { PlainBodies } from './plain-bodies.ts';
import { UntrustedBodies } from './untrusted-bodies.ts';

/** After the leader stepped down, each host tries to get the lease at a random time within this period. */
const FREE_CHANCE_MS = 500;
/** How long a host that stepped down waits before it tries to get the lease again. */
const REST_MS = 10_000;

type PartDeps = Pick<FleetPartDeps, 'redis' | 'sealer' | 'settings' | 'random' | 'emit'>;

interface FollowedMapDeps extends PartDeps {
  readonly name: string;
  readonly keys: FleetMapKeys;
  readonly bodies: PlainBodies;
  readonly heavy: LimitFunction;
  readonly time: MapTime;
  readonly refuse: (key: string, why: string) => void;
}

/**
 * One service map of the fleet on this host. The host follows the map. It also leads the map while it has the lease.
 */
export class FollowedMap {
  readonly #deps: FollowedMapDeps;
  readonly #ear: MapEar;
  readonly #reader: MapReader;
  readonly #leader: MapLeader;
  readonly #lease: MapLease;
  readonly #stopListening: readonly (() => void)[];
  readonly #untrusted = new UntrustedBodies();
  #isLeading = false;

  constructor(deps: FollowedMapDeps) {
    this.#deps = deps;
    const { name, keys, redis, settings, bodies, refuse, time, random, emit } = deps;
    const { hostId } = settings;
    this.#ear = new MapEar({ name, hostId, time, emit });
    this.#reader = new MapReader(deps);
    this.#leader = new MapLeader({
      ...{ name, hostId, keys, bodies, refuse, untrusted: this.#untrusted },
      ...{ reader: this.#reader, writer: new MapWriter(deps) },
      lease: () => this.#lease.current(),
      onFenced: (lease) => this.#lease.fenced(lease),
      held: () => this.#ear.held,
    });
    this.#lease = new MapLease({
      ...{ redis, keys, hostId, time, random },
      beat: () => this.#leader.beat(),
      onTaken: (lease) => void this.#lead(lease),
      onRenewed: (state) => {
        this.#ear.beat();
        this.#leader.check(state);
      },
      onLost: () => this.#follow(),
      onRefused: (error) => refuse(keys.lease, messageOf(error)),
    });
    this.#stopListening = [
      redis.subscribe(keys.news, (message) => this.#hear(message)),
      redis.onChange((isConnected) => this.#changed(isConnected)),
    ];
    redis.onFailure(() => this.#ear.unreachable());
    if (redis.isConnected) this.#changed(true);
    else if (redis.lastReason !== null) this.#ear.unreachable();
  }

  hold(held: HeldMap | null, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    const { name, bodies } = this.#deps;
    if (held !== null) {
      if (bytes !== undefined) bodies.put(name, held.sha256, { bytes, etag: held.etag });
      this.#untrusted.forgive(held.sha256);
    }
    this.#ear.hold(held);
    bodies.keepOnly(name, held?.sha256, this.#ear.latest?.sha256, ...this.#leader.digests);
  }

  /** Reads the head. Returns null if it is missing or unreadable. */
  async readHead(): Promise<MapHead | null> {
    return (await this.#reader.readHead()).head;
  }

  /** Reads the body with the digest in a head. Returns null if the body is missing or invalid. */
  async read({ sha256 }: MapHead): Promise<FleetBody | null> {
    const { time } = this.#deps;
    const startedAtMs = time.nowMs();
    const body = await this.#reader.readBody(sha256, this.#ear.held?.sha256 ?? null);
    if (body === null) {
      this.#untrusted.add(sha256);
      return null;
    }
    this.#untrusted.forgive(sha256);
    // The main thread gets a copy, because this thread needs the body to apply the next patch.
    return { ...body, bytes: copyOf(body.bytes), readMs: time.nowMs() - startedAtMs };
  }

  publish({ bytes, ...map }: PublishedMap): Promise<PublishOutcome> {
    return this.#leader.publish(map, bytes);
  }

  confirm(sha256: string): Promise<PublishOutcome> {
    return this.#leader.confirm(sha256);
  }

  refuse(sha256: string): void {
    this.#untrusted.add(sha256);
  }

  stepDown(): Promise<void> {
    return this.#lease.stepDown(REST_MS);
  }

  async close(): Promise<void> {
    for (const stop of this.#stopListening) stop();
    this.#ear.close();
    await this.#lease.close();
  }

  get #mayLead(): boolean {
    return this.#deps.settings.role !== 'reader';
  }

  #hear(message: string): void {
    const { name, keys, sealer, refuse } = this.#deps;
    if (message === FREE) {
      if (this.#mayLead) this.#lease.tryWithin(FREE_CHANCE_MS);
      return;
    }
    const head = message === BEAT ? null : readMapHead(message, name, sealer);
    if (head === null && message !== BEAT) {
      refuse(keys.news, 'it is not a head written by a host of the fleet');
      return;
    }
    this.#ear.beat();
    if (this.#mayLead) this.#lease.heard();
    if (head !== null) this.#ear.hear(head);
  }

  #changed(isConnected: boolean): void {
    if (this.#mayLead) this.#lease.setConnected(isConnected);
    if (isConnected) void this.#look();
    else this.#ear.unreachable();
  }

  /** Reads the head, because messages may have been lost. If there is no head, there is no leader. */
  async #look(): Promise<void> {
    const head = await this.#headNow();
    if (head !== null) this.#ear.hear(head);
    if (!this.#mayLead) return;
    if (head === null) this.#lease.tryWithin(0);
    else this.#lease.heard();
  }

  async #lead(lease: HeldLease): Promise<void> {
    this.#ear.beat();
    const head = await this.#headNow();
    if (this.#lease.current()?.token !== lease.token) return;
    this.#isLeading = true;
    this.#deps.emit({ kind: 'map-leading', name: this.#deps.name, head });
    await this.#leader.settle();
  }

  #follow(): void {
    this.#leader.reset();
    if (!this.#isLeading) return;
    this.#isLeading = false;
    this.#deps.emit({ kind: 'map-following', name: this.#deps.name });
  }

  /** Reads the current head. Returns null if the Redis server is unreachable, because the head is read again later. */
  async #headNow(): Promise<MapHead | null> {
    try {
      return (await this.#reader.readHead()).head;
    } catch {
      return null;
    }
  }
}
