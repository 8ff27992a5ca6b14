import type { SwitchyardError } from '../../shared/errors.ts';
import { fleetMapName } from '../../shared/fleet/fleet-keys.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Observation } from '../observability/observed-gauges.ts';
import type { MapOptions } from '../options/map-options.ts';
import { canonicalMapUrl, shownMapUrl } from '../options/map-url.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { CurrentMap } from './current-map.ts';
import type { CurrentMapDeps } from './current-map-deps.ts';
import { FleetMap } from './fleet/fleet-map.ts';
import type { FollowedSource } from './fleet/followed-source.ts';
import type { CircuitState } from './refresh/circuit-breaker.ts';
import type { RefreshOutcome } from './refresh/refresh-outcome.ts';
import { decideSync, type Freshness, rejectsOnFailure, type SyncDecision } from './refresh/sync-decision.ts';
import type { Snapshot } from './snapshot.ts';
import { type RefreshDeps, type SourceFailure, SourceRefresh } from './source-refresh.ts';
import { type MapTrustStatus, observedTrust } from './trust/map-trust-status.ts';

/** The status of a source. */
export interface SourceStatus extends MapTrustStatus {
  /** The id of the source in the option `sources`. For the map of `serviceMapUrl`, the id is `default`. */
  readonly sourceId: string;
  /** The URL without its query, because the query may contain a token. */
  readonly url: string;
  readonly freshness: Freshness;
  /** How long ago the map was generated, in milliseconds; null if there is no map. */
  readonly ageMs: number | null;
  /** When the map expired, in epoch milliseconds; null while it is valid, or if there is no map. */
  readonly staleSince: number | null;
  readonly circuit: CircuitState;
  /** When a pause that the server requested ends, in epoch milliseconds; null if there is no pause. */
  readonly pausedUntil: number | null;
  /** The failure of the last refresh; null after a successful refresh. */
  readonly lastError: SourceFailure | null;
}

/** Dependencies of a source, other than its options. */
export interface SourceDeps extends Omit<CurrentMapDeps, 'watcher'>, RefreshDeps, Pick<ResolvedOptions, 'random'> {
  /** The fleet of this process; null without a fleet. */
  readonly fleet: Fleet | null;
  /**
   * Called with false when the fleet takes over the background refresh, and with true when this host must refresh
   * alone.
   */
  readonly onAlone: (isAlone: boolean) => void;
}

/**
 * One service map of this host. Decides when to request the map, and what to do after a failure. Only one refresh runs
 * at a time, and all callers share it.
 */
export class ServiceMapSource {
  readonly #options: MapOptions;
  readonly #deps: SourceDeps;
  readonly #map: CurrentMap;
  readonly #refreshes: SourceRefresh;
  readonly #fleet: FleetMap | null;

  constructor(options: MapOptions, deps: SourceDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#fleet = deps.fleet === null ? null : this.#createFleetMap(deps.fleet);
    this.#map = new CurrentMap(options, this.#fleet === null ? { ...deps, watcher: null } : this.#watched(this.#fleet));
    this.#refreshes = new SourceRefresh(options, deps, this.#map);
  }

  /**
   * Resolves once the map of an earlier run is served, or once it is known that no such map is stored. The first `sync`
   * starts to read the store.
   */
  get remembered(): Promise<void> {
    return this.#map.remembered;
  }

  get options(): MapOptions {
    return this.#options;
  }

  /** The last accepted map. */
  get snapshot(): Snapshot {
    return this.#map.snapshot;
  }

  /**
   * Brings the map up to date, according to the table in docs/refreshing.md. Where the table says so, rejects with a
   * ConnectorManifestError that has the `code` and `cause` of the last attempt.
   */
  async sync(force: boolean): Promise<void> {
    if (this.#fleet !== null && this.#decide(force) !== 'serve' && (await this.#fleet.serves(force))) return;
    switch (this.#decide(force)) {
      case 'serve':
        return;
      case 'serve-stale':
        this.#warnStale(this.#refreshes.blocked());
        return;
      case 'reject':
        throw this.#refreshes.blocked();
      case 'ask':
        this.#settle(await this.#refreshes.refresh(), force);
    }
  }

  /** Lets the fleet take over the background refresh. Returns false if there is no fleet. */
  follow(): boolean {
    this.#fleet?.follow();
    return this.#fleet !== null;
  }

  status(): SourceStatus {
    // The freshness is read first, because reading it drops a map that is too old.
    const { freshness } = this.#map;
    const { pauseMs, lastError } = this.#refreshes;
    return {
      sourceId: this.#options.id,
      url: shownMapUrl(this.#options.url),
      freshness,
      ...this.#ages(),
      ...this.#map.trustStatus(),
      circuit: this.#refreshes.circuit,
      pausedUntil: pauseMs > 0 ? Math.round(this.#deps.clock.now() + pauseMs) : null,
      lastError,
    };
  }

  /** Returns the values for the metrics. */
  observe(): Observation['sources'][number] {
    const { header, generatedAtMs, expiresAtMs } = this.snapshot;
    return {
      unusableEntries: this.snapshot.unusable.size,
      nowMs: this.#deps.clock.now(),
      generatedAtMs: header === null ? null : generatedAtMs,
      expiresAtMs: header === null ? null : expiresAtMs,
      ...observedTrust(this.#map.trustStatus()),
      circuit: this.#refreshes.circuit,
    };
  }

  /** Cancels the refresh in flight, which then fails with `reason`. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#fleet?.close();
    const closed = this.#refreshes.close(reason);
    this.#map.close();
    await closed;
  }

  #ages(): Pick<SourceStatus, 'ageMs' | 'staleSince'> {
    const { header, generatedAtMs, expiresAtMs } = this.snapshot;
    if (header === null) return { ageMs: null, staleSince: null };
    const nowMs = this.#deps.clock.now();
    return { ageMs: Math.max(0, nowMs - generatedAtMs), staleSince: nowMs < expiresAtMs ? null : expiresAtMs };
  }

  #settle(outcome: RefreshOutcome, force: boolean): void {
    if (outcome.ok) return;
    if (this.#refreshes.closing.aborted || rejectsOnFailure(this.#map.freshness, force, outcome.opened))
      throw outcome.error;
  }

  #decide(force: boolean): SyncDecision {
    const { pauseMs, circuit } = this.#refreshes;
    return decideSync(this.#map.freshness, force, pauseMs > 0 ? 'paused' : circuit);
  }

  /** Returns the dependencies of the current map, with additional callbacks for a host in a fleet. */
  #watched(fleet: FleetMap): CurrentMapDeps {
    const deps = this.#deps;
    const map = (): CurrentMap => this.#map;
    return {
      ...deps,
      watcher: fleet,
      onSnapshot(snapshot, delta) {
        if (snapshot.header === null) fleet.dropped();
        deps.onSnapshot(snapshot, delta);
      },
      onFresh(holdsForMs) {
        const { generatedAtMs, expiresAtMs } = map().snapshot;
        fleet.fresh(holdsForMs, expiresAtMs - generatedAtMs);
        deps.onFresh(holdsForMs);
      },
    };
  }

  #createFleetMap(fleet: Fleet): FleetMap {
    const { logger, random, onAlarm, onAlone } = this.#deps;
    const name = fleetMapName(fleet.id, canonicalMapUrl(this.#options.url));
    return new FleetMap({ fleet, name, source: this.#followed(), logger, random, onAlarm, onAlone });
  }

  /** Returns the members of this source that `FleetMap` uses. */
  #followed(): FollowedSource {
    const [map, refreshes] = [(): CurrentMap => this.#map, (): SourceRefresh => this.#refreshes];
    const { id, refreshIntervalMs: intervalMs } = this.#options;
    return {
      ...{ id, intervalMs },
      get pauseMs() {
        return refreshes().pauseMs;
      },
      get isFresh() {
        return map().freshness === 'fresh';
      },
      get isHolding() {
        return map().snapshot.held.length > 0;
      },
      recall: () => refreshes().alone(() => map().recall(refreshes().closing)),
      ask: (kind) => refreshes().refresh(kind),
      take: (read) => refreshes().take(read),
      vouch: () => refreshes().vouch(),
      forgetBody: () => map().forgetBody(),
      // The error needs no handling here, because it is already logged and shown in the status.
      followKeys: () =>
        refreshes()
          .alone(() => map().followKeys(refreshes().closing))
          .catch(() => {}),
    };
  }

  #warnStale(error: SwitchyardError): void {
    this.#deps.logger.warn(
      { event: 'map-stale', sourceId: this.#options.id, code: error.code, err: error },
      `Serving the last good service map: ${error.message}`,
    );
  }
}
