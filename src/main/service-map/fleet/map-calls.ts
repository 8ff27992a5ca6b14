import { transfer } from 'comlink';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { FleetHostMap } from '../../../shared/fleet/fleet-settings.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap, PublishedMap, PublishOutcome } from '../../../shared/protocol/fleet/map-messages.ts';
import type { AcquiredBody } from '../../../shared/protocol/thread-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';

/**
 * Timeout for reading a body, which may have 32 MiB, over a slow network. Each single reply of the Redis server has its
 * own timeout of one second.
 */
const READ_TIMEOUT_MS = 20_000;
/** Timeout for publishing a map. A large map and its patch have to be compressed and encrypted first. */
const PUBLISH_TIMEOUT_MS = 10_000;

/**
 * Sends the main thread's requests about one map to the fleet thread. Methods that return a promise reject with a
 * FLEET_… code.
 */
export class MapCalls {
  readonly #fleet: Fleet;
  readonly name: string;
  #hasThread = false;

  constructor(fleet: Fleet, name: string) {
    this.#fleet = fleet;
    this.name = name;
  }

  /** Whether the fleet thread has run at least once, so that it may have a connection. */
  get hasThread(): boolean {
    return this.#hasThread;
  }

  /**
   * Makes the fleet thread listen for the map, now and after each of its restarts. Calls `onTold` each time before the
   * thread starts to listen. Never rejects.
   */
  follow(onTold: () => void): void {
    this.#fleet.keep(`map ${this.name}`, (api) => {
      this.#hasThread = true;
      onTold();
      return api.followMap(this.name);
    });
  }

  /** Tells the fleet thread which map is the current one, now and after each restart of the thread. Never rejects. */
  hold(held: HeldMap | null): void {
    this.#fleet.keep(`held map ${this.name}`, (api) => api.holdMap(this.name, held));
  }

  /** Reports that the body with this digest failed verification. If this host leads, its own map replaces that body. */
  async refuse(sha256: string): Promise<void> {
    await this.#fleet.ask((api) => api.refuseMap(this.name, sha256));
  }

  readHead(): Promise<MapHead | null> {
    return this.#fleet.ask((api) => api.readHead(this.name));
  }

  /**
   * Reads the body of the map that `head` identifies. Rejects with FLEET_UNAVAILABLE if the fleet has no body with that
   * digest.
   */
  async readBody(head: MapHead): Promise<AcquiredBody> {
    const body = await this.#fleet.ask((api) => api.readMap(this.name, head), READ_TIMEOUT_MS);
    if (body === null)
      throw new SwitchyardError('FLEET_UNAVAILABLE', 'The newest service map of the fleet is missing.');
    // The ETag comes from Redis and may be wrong. With a wrong ETag, the source could confirm a map that it never sent.
    return { kind: 'body', bytes: body.bytes, etag: null, fetchMs: body.readMs };
  }

  publish(map: PublishedMap): Promise<PublishOutcome> {
    const sent = (): PublishedMap => transfer(map, [map.bytes.buffer]);
    return this.#fleet.ask((api) => api.publishMap(this.name, sent()), PUBLISH_TIMEOUT_MS);
  }

  confirm(sha256: string): Promise<PublishOutcome> {
    return this.#fleet.ask((api) => api.confirmMap(this.name, sha256));
  }

  async stepDown(): Promise<void> {
    await this.#fleet.ask((api) => api.stepDown(this.name));
  }

  /** Publishes the current map of this host in the roster (the fleet's list of its hosts). */
  announce(map: Omit<FleetHostMap, 'name'>): void {
    this.#fleet.announceMap({ ...map, name: this.name });
  }

  /** Whether another host of the fleet could lead. */
  get hasOthers(): boolean {
    return this.#fleet.hosts.some(({ role }) => role === 'any');
  }
}
