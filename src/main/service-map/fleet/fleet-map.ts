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

/** How long the thread may say nothing, at the start or after the connection was lost, before this host goes alone. */
const SILENCE_MS = 8_000;
/** What a start waits at most for the thread, then for its connection, and for the first host that asks the source. */
const BOOT_MS = 3_000;
const CONNECT_MS = 1_000;
const FIRST_NEWS_MS = 2_000;
const FIRST_NEWS_SPREAD_MS = 1_000;

export interface FleetMapDeps {
  readonly fleet: Fleet;
  /** What the fleet calls the map: `fleetMapName`. */
  readonly name: string;
  readonly source: FollowedSource;
  readonly logger: Logger;
  readonly random: Random;
  readonly onAlarm: (code: ErrorCode) => void;
  /** Called when the fleet takes the background refresh over (false), and when it cannot any longer (true). */
  readonly onAlone: (isAlone: boolean) => void;
}

const EVENTS = ['map-leading', 'map-following', 'map-heard', 'map-alone', 'map-news', 'map-confirmed'] as const;

/** `starting`: nothing was heard yet. `alone`: nothing was heard for so long that this host cares for itself. */
type State = 'starting' | 'leading' | 'following' | 'alone';

/**
 * How one service map of this host uses the fleet: it asks the source for all hosts, takes what another host publishes,
 * or is on its own. What is in force, and why, is the source's; nothing that the fleet says gets around its proof.
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

  /** Takes part from now on. Never waits for Redis. Idempotent. */
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
   * Whether a sync is served without asking the source: by a map of the fleet, or by the leader's word that the source
   * stands by the map in force. Never rejects.
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

  /** The map in force is current for so many milliseconds. */
  fresh(holdsForMs: number, totalMs: number): void {
    if (this.#unlisten.length > 0) this.#checks.holds(holdsForMs, totalMs);
    this.#wake();
  }

  /** Hears and does nothing more. What is under way is the source's to end. Idempotent. */
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
        // The leader looks at what others publish after each of its polls.
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

  /** A thread that died says nothing more, not even that there is silence. */
  #awaitWord(): void {
    this.#silence?.cancel();
    this.#silence = startTimer(SILENCE_MS, () => this.#become('alone'));
  }

  /** The source stood by the map in force, its leader says: once is the second opinion after the publication. */
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
      // The question to the source fails for the same reason, and says so.
      return false;
    }
    const isDecided = (): boolean =>
      source.isFresh || this.#state === 'alone' || this.#closing.signal.aborted || this.#leader.hasAsked;
    // A busy machine starts many threads slowly, which is no reason for all its hosts to ask the source.
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
  starting: 'Nothing was heard of the fleet yet',
  leading: 'This host asks for the service map for its whole fleet',
  following: 'Another host of the fleet asks for the service map',
  alone: 'Nothing is heard of the fleet, so this host asks for the service map by itself',
};
