import { createHash } from 'node:crypto';
import type { Fleet } from '../../../src/main/fleet/fleet.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import type { FleetHost, FleetHostMap } from '../../../src/shared/fleet/fleet-settings.ts';
import type { MapHead } from '../../../src/shared/fleet/map-head.ts';
import type { FleetApi, FleetEvent } from '../../../src/shared/protocol/fleet/fleet-messages.ts';
import type {
  FleetBody,
  HeldMap,
  PublishedMap,
  PublishOutcome,
} from '../../../src/shared/protocol/fleet/map-messages.ts';
import { secret } from '../evidence.ts';

const ID = 'scripted';

const ok = <T>(value: T) => Promise.resolve({ ok: true as const, value });

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A fleet without Redis and without a thread. A test emits its events and observes its requests. */
export class ScriptedFleet implements Fleet {
  readonly id = ID;
  readonly hostId = 'this-host';
  readonly role = 'any';
  readonly quotas = 'own';
  readonly sharesLogins = false;
  readonly sealer = new FleetSealer(ID, [secret('fleet')]);
  readonly address = null;
  readonly tls = null;
  hosts: readonly FleetHost[] = [];
  hostCount = 1;
  isConnected = true;
  /** Result of `readHead`. */
  head: MapHead | null = null;
  /** The result of publishing or confirming a map as the leader. */
  outcome: PublishOutcome = 'done';
  /** Names of the requests to the fleet thread, in order. */
  readonly asked: string[] = [];
  readonly published: PublishedMap[] = [];
  readonly announced: FleetHostMap[] = [];
  held: HeldMap | null = null;
  readonly #bodies = new Map<string, Uint8Array>();
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #api: Partial<FleetApi> = {
    followMap: () => this.#note('follow', null),
    holdMap: (_, held) => {
      this.held = held;
      return this.#note('hold', null);
    },
    readHead: () => this.#note('head', this.head),
    readMap: (_, { sha256 }) => {
      const bytes = this.#bodies.get(sha256);
      const body: FleetBody | null =
        bytes === undefined ? null : { bytes: new Uint8Array(bytes), etag: '"of-the-fleet"', how: 'body', readMs: 1 };
      return this.#note('read', body);
    },
    publishMap: (_, map) => {
      this.published.push({ ...map, bytes: map.bytes.slice() });
      return this.#note('publish', this.outcome);
    },
    confirmMap: () => this.#note('confirm', this.outcome),
    refuseMap: () => this.#note('refuse', null),
    stepDown: () => this.#note('step-down', null),
  };

  /** Makes the bytes of a map readable from now on, and returns the map head that describes them. */
  put(bytes: Uint8Array, overrides: Partial<MapHead> = {}): MapHead {
    const { generatedAt, ttlSeconds } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, never>;
    const generatedAtMs = Date.parse(generatedAt ?? '');
    const expiresAtMs = generatedAtMs + Number(ttlSeconds) * 1_000;
    const sha256 = sha256Of(bytes);
    this.#bodies.set(overrides.sha256 ?? sha256, bytes);
    this.head = { sha256, generatedAtMs, expiresAtMs, etag: null, confirms: 0, by: 'other', fence: 1, ...overrides };
    return this.head;
  }

  /** Calls the listeners that were registered for events of this kind. */
  emit(event: FleetEvent): void {
    for (const listener of this.#listeners.get(event.kind) ?? []) listener(event as never);
  }

  count(what: string): number {
    return this.asked.filter((one) => one === what).length;
  }

  async ask(question: Parameters<Fleet['ask']>[0]): Promise<never> {
    if (!this.isConnected) throw new SwitchyardError('FLEET_UNAVAILABLE', 'The server of the fleet cannot be reached.');
    const reply = await question(this.#api as never);
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.value as never;
  }

  keep(_name: string, question: Parameters<Fleet['keep']>[1]): void {
    void question?.(this.#api as never);
  }

  on(kind: string, listener: (event: never) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  status(): never {
    throw new Error('A scripted fleet has no status');
  }

  onRestart(): () => void {
    return () => {};
  }

  announceAddress(): void {}

  announceMap(map: FleetHostMap): void {
    this.announced.push(map);
  }

  async close(): Promise<void> {}

  #note<T>(what: string, value: T) {
    this.asked.push(what);
    return ok(value);
  }
}
