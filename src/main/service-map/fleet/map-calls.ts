import { transfer } from 'comlink';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { FleetHostMap } from '../../../shared/fleet/fleet-settings.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap, PublishedMap, PublishOutcome } from '../../../shared/protocol/fleet/map-messages.ts';
import type { AcquiredBody } from '../../../shared/protocol/thread-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';

/** A body of 32 MiB over a slow network takes this long; each reply of the server has a second of its own. */
const READ_TIMEOUT_MS = 20_000;
/** To compress and seal 14 MB takes 0.3 s, and a patch of it 0.6 s. */
const PUBLISH_TIMEOUT_MS = 10_000;

/** What main asks of the fleet thread about one map. What waits for an answer rejects with a FLEET_… code. */
export class MapCalls {
  readonly #fleet: Fleet;
  readonly name: string;
  #hasThread = false;

  constructor(fleet: Fleet, name: string) {
    this.#fleet = fleet;
    this.name = name;
  }

  /** Whether the thread was up once, so that it may be connected. */
  get hasThread(): boolean {
    return this.#hasThread;
  }

  /** Has the thread listen for the map, also after a restart; it is told each time, after `onTold`. Never rejects. */
  follow(onTold: () => void): void {
    this.#fleet.keep(`map ${this.name}`, (api) => {
      this.#hasThread = true;
      onTold();
      return api.followMap(this.name);
    });
  }

  /** Says which map is in force, also to a thread that is started later. Never rejects. */
  hold(held: HeldMap | null): void {
    this.#fleet.keep(`held map ${this.name}`, (api) => api.holdMap(this.name, held));
  }

  /** The body of that digest failed its proof: where this host leads, its own map replaces it. */
  async refuse(sha256: string): Promise<void> {
    await this.#fleet.ask((api) => api.refuseMap(this.name, sha256));
  }

  readHead(): Promise<MapHead | null> {
    return this.#fleet.ask((api) => api.readHead(this.name));
  }

  /** The body that a head names. Rejects with FLEET_UNAVAILABLE where there is none that is. */
  async readBody(head: MapHead): Promise<AcquiredBody> {
    const body = await this.#fleet.ask((api) => api.readMap(this.name, head), READ_TIMEOUT_MS);
    if (body === null) throw new SwitchyardError('FLEET_UNAVAILABLE', 'The fleet has no body that its head names.');
    // The tag is only what Redis says: sent to the source, a wrong one would have it confirm what it never sent.
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

  /** Says in the roster what this host has. */
  announce(map: Omit<FleetHostMap, 'name'>): void {
    this.#fleet.announceMap({ ...map, name: this.name });
  }

  /** Whether another host could ask the source. */
  get hasOthers(): boolean {
    return this.#fleet.hosts.some(({ role }) => role === 'any');
  }
}
