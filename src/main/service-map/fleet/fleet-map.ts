import { monotonicMs, type Random, startTimer, type Timer } from '../../../shared/clock.ts';
import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { FleetMapEvent, HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { recordFleetFallback } from '../../observability/instruments.ts';
import type { Logger } from '../../observability/logger.ts';
import { Confirmation } from './confirmation.ts';
import type { FollowedSource } from './followed-source.ts';
import { MapCalls } from './map-calls.ts';
import { MapLeader } from './map-leader.ts';
import type { MapWatcher } from './map-watcher.ts';
import { NewsTaker } from './news-taker.ts';
import { OwnChecks } from './own-checks.ts';

/** If the fleet thread is silent this long, at the start or after a lost connection, this host works alone. */
const SILENCE_MS = 8_000;
/** Maximum waits at the start: for the fleet thread, for its connection to Redis, and for the first map. */
const BOOT_MS = 3_000;
const CONNECT_MS = 1_000;
const FIRST_NEWS_MS = 2_000;
const FIRST_NEWS_SPREAD_MS = 1_000;

export interface FleetMapDeps {
  readonly fleet: Fleet;
  /** The name of the map in the fleet, which `fleetMapName` creates. */
  readonly name: string;
  readonly source: FollowedSource;
  readonly logger: Logger;
  readonly random: Random;
  readonly onAlarm: (code: ErrorCode) => void;
  /** Called with false when the fleet does the background refresh, and with true when this host must do it. */
  readonly onAlone: (isAlone: boolean) => void;
}

const EVENTS = ['map-leading', 'map-following', 'map-heard', 'map-alone', 'map-news', 'map-confirmed'] as const;

/** `starting`: no message from the fleet yet. `alone`: after a long silence, this host requests the map itself. */
type State = 'starting' | 'leading' | 'following' | 'alone';

/**
 * Lets one service map of this host use the fleet. The host leads (requests the map from the source for all hosts),
 * follows (uses the maps that another host publishes), or works alone. A map of the fleet is verified in the same way
 * as a map of the source.
 */
export class FleetMap implements MapWatcher {
  readonly #deps: FleetMapDeps;
  readonly #calls: MapCalls;
  readonly #taker: NewsTaker;
  readonly #leader: MapLeader;
  readonly #checks: OwnChecks;
  readonly #confirmation: Confirmation;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<() => void>();
  #unlisten: readonly (() => void)[] = [];
  #state: State = 'starting';
  #silence: Timer | null = null;
  #held: HeldMap | null = null;
  #first: Promise<boolean> | null = null;

  constructor(deps: FleetMapDeps) {
    this.#deps = deps;
    const { fleet, name, source, logger, random, onAlarm } = deps;
    this.#calls = new MapCalls(fleet, name);
    const held = (): HeldMap | null => this.#held;
    const closing = this.#closing.signal;
    const shared = { calls: this.#calls, source, logger, random, onAlarm, held, closing };
    this.#checks = new OwnChecks({ ...shared, isFollowing: () => this.#state === 'following' });
    const onGivenUp = (): void => this.#checks.fallBack(() => this.#taker.forgive());
    this.#taker = new NewsTaker({ ...shared, onGivenUp });
    this.#leader = new MapLeader({ ...shared, taker: this.#taker, onAsked: () => this.#wake() });
    this.#confirmation = new Confirmation({ ...shared, taker: this.#taker });
  }

  get wantsBytes(): boolean {
    return this.#leader.isLeading;
  }

  /** Joins the fleet for this map. Never waits for Redis. Idempotent. */
  follow(): void {
    if (this.#unlisten.length > 0 || this.#closing.signal.aborted) return;
    const { fleet, name } = this.#deps;
    const hear = (event: FleetMapEvent): void => {
      if (event.name === name) this.#hear(event);
    };
    this.#unlisten = [
      ...EVENTS.map((kind) => fleet.on(kind, hear)),
      fleet.on('connection', ({ isConnected }) => this.#connection(isConnected)),
    ];
    this.#calls.hold(this.#held);
    this.#calls.follow(() => this.#wake());
    this.#awaitWord();
    this.#announce();
  }

  /**
   * Resolves with true if a sync needs no request to the source, because the fleet has a fresh map or, with `force`,
   * because the leader has just confirmed the current map. Never rejects.
   */
  async serves(force: boolean): Promise<boolean> {
    if (this.#unlisten.length === 0) return false;
    if (force && this.#deps.source.isFresh) return this.#state === 'following' && (await this.#confirmation.comes());
    this.#first ??= this.#firstMap().finally(() => {
      this.#first = null;
    });
    return this.#first;
  }

  accepted(map: HeldMap, bytes: Uint8Array<ArrayBuffer> | null): void {
    this.#held = map;
    this.#calls.hold(map);
    if (bytes !== null) this.#leader.accepted(map, bytes);
    this.#announce();
    this.#wake();
  }

  dropped(): void {
    this.#held = null;
    this.#calls.hold(null);
    this.#announce();
  }

  /** Schedules this host's next check of the map. The map is fresh for `holdsForMs` of its `totalMs` milliseconds. */
  fresh(holdsForMs: number, totalMs: number): void {
    if (this.#unlisten.length > 0) this.#checks.holds(holdsForMs, totalMs);
    this.#wake();
  }

  /** Stops listening to the fleet. Requests in flight continue until the source closes. Idempotent. */
  close(): void {
    this.#closing.abort();
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten = [];
    this.#leader.stop();
    this.#checks.stop();
    this.#silence?.cancel();
    this.#wake();
  }

  #hear(event: FleetMapEvent): void {
    this.#silence?.cancel();
    switch (event.kind) {
      case 'map-leading':
        this.#become('leading');
        this.#leader.start(event.head, this.#closing.signal);
        break;
      case 'map-following':
        this.#become('following');
        break;
      case 'map-heard':
        if (this.#state !== 'leading') this.#become('following');
        break;
      case 'map-alone':
        recordFleetFallback('alone');
        this.#become('alone');
        break;
      case 'map-news':
        // A leader ignores this event. If the fleet has a newer map, the leader learns this when it publishes its own.
        if (this.#state !== 'leading') this.#taker.hear(event.head);
        break;
      case 'map-confirmed':
        if (this.#state !== 'leading') this.#confirmed(event.head);
        break;
    }
    this.#wake();
  }

  #become(state: State): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    if (before === 'leading') this.#leader.stop();
    if (state === 'alone') this.#checks.stop();
    else this.#checks.start();
    const { logger, source, onAlone } = this.#deps;
    logger.info({ event: 'fleet-map', sourceId: source.id, state }, MESSAGES[state]);
    this.#announce();
    if (state === 'alone' || before === 'alone') onAlone(state === 'alone');
  }

  #connection(isConnected: boolean): void {
    if (isConnected) this.#silence?.cancel();
    else this.#awaitWord();
    this.#wake();
  }

  /** Starts the timer that detects a silent thread. A thread that died sends nothing more, not even `map-alone`. */
  #awaitWord(): void {
    this.#silence?.cancel();
    this.#silence = startTimer(SILENCE_MS, () => this.#become('alone'));
  }

  /** Handles the leader's confirmation of a map. The first one removes connectors that the map does not list. */
  #confirmed({ sha256, confirms }: { readonly sha256: string; readonly confirms: number }): void {
    const { source } = this.#deps;
    if (sha256 !== this.#held?.sha256 || confirms < 1) return;
    if (source.isHolding || !source.isFresh) source.vouch();
  }

  async #firstMap(): Promise<boolean> {
    const { source, fleet, random } = this.#deps;
    try {
      await source.recall();
    } catch {
      // The request to the source will fail for the same reason, and will report the failure.
      return false;
    }
    const isDecided = (): boolean =>
      source.isFresh || this.#state === 'alone' || this.#closing.signal.aborted || this.#leader.hasAsked;
    // A busy machine starts threads slowly. Hosts on it wait, so that not all of them request the map from the source.
    await this.#until(() => isDecided() || this.#calls.hasThread, BOOT_MS);
    const startedMs = monotonicMs();
    await this.#until(() => isDecided() || fleet.isConnected, CONNECT_MS);
    if (fleet.isConnected) {
      const patienceMs = FIRST_NEWS_MS + FIRST_NEWS_SPREAD_MS * random.next();
      await this.#until(isDecided, patienceMs - (monotonicMs() - startedMs));
    }
    return source.isFresh;
  }

  async #until(condition: () => boolean, ms: number): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (condition()) resolve();
    };
    this.#waiting.add(look);
    const timer = startTimer(Math.max(0, ms), resolve, { keepAlive: true });
    await promise;
    timer.cancel();
    this.#waiting.delete(look);
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  #announce(): void {
    if (this.#unlisten.length === 0) return;
    const { sha256 = null, generatedAtMs = null } = this.#held ?? {};
    const isLeading = this.#state === 'leading';
    this.#calls.announce({ sourceId: this.#deps.source.id, sha256, generatedAtMs, isLeading });
  }
}

const MESSAGES: Readonly<Record<State, string>> = {
  starting: 'This host has not received a message from the fleet yet',
  leading: 'This host requests the service map for its whole fleet',
  following: 'Another host of the fleet requests the service map',
  alone: 'There are no messages from the fleet, so this host requests the service map itself',
};
