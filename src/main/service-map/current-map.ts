import { isDeepStrictEqual } from 'node:util';
import { raceSignal } from '../../shared/clock.ts';
import type { ErrorCode } from '../../shared/error-codes.ts';
import type { Delta } from '../../shared/map/delta.ts';
import type { AcquiredBody, CommitEvent, LoadReport, LoadTask } from '../../shared/protocol/thread-messages.ts';
import type { StoredMap } from '../../shared/protocol/writer-messages.ts';
import { traced } from '../observability/trace.ts';
import type { MapOptions } from '../options/map-options.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { MapMemory } from '../state-dir/map-memory.ts';
import type { LoadOutcome } from './loading/collect-load.ts';
import {
  askForSecrets,
  createLoadTask,
  type Lineage,
  type LoadTaskParts,
  newLineage,
  storeKeyOf,
} from './loading/load-task.ts';
import type { MapLoader } from './loading/map-loader.ts';
import { ManifestCache } from './manifest-cache.ts';
import { judgeRemovals } from './mass-removal.ts';
import type { Freshness } from './refresh/sync-decision.ts';
import { Snapshot } from './snapshot.ts';

/** What a current map needs besides its options. */
export interface CurrentMapDeps extends Pick<ResolvedOptions, 'clock' | 'elapsedMs' | 'logger' | 'network'> {
  readonly loader: MapLoader;
  readonly memory: MapMemory;
  /** Called for each accepted map, before the load that brought it is over. */
  readonly onSnapshot: (snapshot: Snapshot, delta: Delta) => void;
  /**
   * Called when a map is in force and how long it holds is known, in milliseconds; not for one that is only remembered.
   */
  readonly onFresh: (holdsForMs: number) => void;
  /** Called for what is accepted and still wants a human eye. */
  readonly onAlarm: (code: ErrorCode) => void;
  /** Called for each load, whatever came of it. */
  readonly onLoad: (report: LoadReport, outcome: LoadOutcome['kind']) => void;
}

/**
 * The last accepted map of a source, and how the next one takes its place. One load at a time: the caller sees to it.
 */
export class CurrentMap {
  readonly #options: MapOptions;
  readonly #deps: CurrentMapDeps;
  readonly #cache: ManifestCache<Snapshot>;
  #snapshot: Snapshot = Snapshot.empty();
  #lineage: Lineage = newLineage('');
  readonly #remembered: PromiseWithResolvers<void> = Promise.withResolvers();
  /** What is accepted and not yet handed to the memory. */
  #unsaved: StoredMap | null = null;
  /**
   * The highest `generatedAt` accepted, by store key. Never forgotten: a signature key that comes back finds its floor
   * again.
   */
  readonly #floors = new Map<string, number>();

  constructor(options: MapOptions, deps: CurrentMapDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#cache = new ManifestCache(deps.clock, deps.elapsedMs);
  }

  /** Resolves when what is remembered has been put in force, or is known to be nothing. */
  get remembered(): Promise<void> {
    return this.#remembered.promise;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  get freshness(): Freshness {
    if (this.#cache.getFresh() !== undefined) return 'fresh';
    return this.#cache.peek() === undefined ? 'none' : 'stale';
  }

  /**
   * Asks for the map once and accepts what is proven; a failed load changes nothing.
   * The first time, what is remembered from an earlier run is put in force before the network is asked.
   * Rejects with SECRET_UNAVAILABLE where a key cannot be had.
   */
  async load(signal: AbortSignal): Promise<LoadOutcome> {
    const { signatureKey, apiKey } = await askForSecrets(this.#options, signal);
    const storeKey = storeKeyOf(this.#options.url, signatureKey);
    if (this.#lineage.storeKey !== storeKey) this.#lineage = newLineage(storeKey);
    if (!this.#lineage.isRemembered) await this.#remember(signatureKey, signal).finally(this.#remembered.resolve);
    const hasLost = this.#deps.memory.hasLost(storeKey);
    const outcome = await this.#run(signatureKey, apiKey, null, signal);
    if (outcome.kind !== 'unchanged' || !(await hasLost)) return outcome;
    // Of a map that did not change only the bytes are missing that could be kept again.
    this.#lineage = { ...this.#lineage, etag: null, bodySha256: null };
    const again = await this.#run(signatureKey, apiKey, null, signal);
    return again.kind === 'failed' ? outcome : again;
  }

  /** Takes up what is remembered of the present lineage: the floor counts, and a first map is proven again. */
  async #remember(signatureKey: string, signal: AbortSignal): Promise<void> {
    const { storeKey } = this.#lineage;
    const early = this.#snapshot.revision > 0 ? null : await raceSignal(this.#deps.memory.readEarly(storeKey), signal);
    if (early !== null) await this.#serve(early.map, signatureKey, signal);
    const stored = await raceSignal(this.#deps.memory.read(storeKey, []), signal);
    if (stored === null) return;
    this.#lineage = { ...this.#lineage, isRemembered: true };
    this.#raiseFloor(storeKey, stored.floorMs);
    const { map } = stored;
    if (map !== null && map.generatedAtMs > this.#snapshot.generatedAtMs) await this.#serve(map, signatureKey, signal);
  }

  /** Puts a remembered map in force, if it still proves good. */
  async #serve(map: StoredMap, signatureKey: string, signal: AbortSignal): Promise<void> {
    const given: AcquiredBody = { kind: 'body', bytes: map.body, etag: map.etag, fetchMs: 0 };
    const outcome = await this.#run(signatureKey, null, given, signal);
    if (outcome.kind !== 'failed') {
      this.#remembered.resolve();
      return;
    }
    const { code, message } = outcome.error;
    this.#deps.logger.warn({ event: 'stored-map-refused', code }, `The remembered service map is not used: ${message}`);
  }

  async #run(
    signatureKey: string,
    apiKey: string | null,
    given: AcquiredBody | null,
    signal: AbortSignal,
  ): Promise<LoadOutcome> {
    const outcome = await traced('load', 'service map load', { isRemembered: given !== null }, (traceparent) =>
      this.#deps.loader.load(this.#task({ traceparent, signatureKey, apiKey, given }), signal),
    );
    // Nothing is taken up once the manager closes, though the map may have come in the same moment.
    signal.throwIfAborted();
    this.#deps.onLoad(outcome.kind === 'loaded' ? outcome.commit.report : outcome.report, outcome.kind);
    if (outcome.kind === 'loaded') this.#accept(outcome, given !== null);
    if (outcome.kind === 'unchanged') {
      this.#lineage = { ...this.#lineage, etag: outcome.etag };
      this.#releaseHeld();
      this.#holds();
    }
    return outcome;
  }

  #accept({ sent, commit }: Extract<LoadOutcome, { kind: 'loaded' }>, isRemembered: boolean): void {
    const { clock } = this.#deps;
    const { storeKey } = this.#lineage;
    const { generatedAtMs, etag, bodySha256 } = commit;
    if (this.#lineage.bodySha256 !== null && generatedAtMs === this.#snapshot.generatedAtMs && this.#differs(commit)) {
      const message = 'Two service maps signed for the same instant differ; the later one counts';
      this.#alarm('map-equivocated', 'MAP_EQUIVOCATED', message);
    }
    const verdict = judgeRemovals(commit.delta, this.#snapshot.held);
    const { removed, held } = verdict;
    if (held.length > 0) {
      const missing = `${held.length} connectors are missing from the new service map`;
      this.#alarm('map-mass-removal', 'MAP_MASS_REMOVAL', `${missing}; they stay until the next load agrees`);
    }
    this.#snapshot = this.#snapshot.next(sent, commit, verdict);
    this.#lineage = { ...this.#lineage, etag, bodySha256 };
    this.#raiseFloor(storeKey, generatedAtMs);
    // A remembered map is served, but stays due: it says nothing about now.
    if (isRemembered) this.#cache.set(this.#snapshot, 0);
    else this.#holds();
    const { body } = commit;
    // A map that nobody has confirmed yet must not be what the next start knows.
    const isToBeKept = body !== null && !isRemembered;
    this.#unsaved = isToBeKept ? { storeKey, etag, body, generatedAtMs, savedAtMs: Math.floor(clock.now()) } : null;
    if (held.length === 0) this.#save();
    this.#deps.onSnapshot(this.#snapshot, { ...commit.delta, removed });
  }

  /** The server stands by a map that lacks them: what was held is removed. */
  #releaseHeld(): void {
    const { held } = this.#snapshot;
    if (held.length === 0) return;
    this.#snapshot = this.#snapshot.released();
    this.#save();
    this.#deps.onSnapshot(this.#snapshot, {
      added: [],
      changed: [],
      removed: held,
      unchangedCount: this.#snapshot.size,
    });
  }

  /** The map in force is that of its source: for as long as it says itself, whatever Cache-Control would have. */
  #holds(): void {
    const holdsForMs = this.#snapshot.expiresAtMs - this.#deps.clock.now();
    this.#cache.set(this.#snapshot, holdsForMs);
    this.#deps.onFresh(holdsForMs);
  }

  /** Whether a map says something else than the one in force; the same one may be written down in another way. */
  #differs({ delta, header }: CommitEvent): boolean {
    const isOther = delta.added.length + delta.changed.length + delta.removed.length > 0;
    return isOther || !isDeepStrictEqual(header, this.#snapshot.header);
  }

  #save(): void {
    if (this.#unsaved !== null)
      this.#deps.memory.save(this.#unsaved, { url: this.#options.url, isSigned: false, mapId: null });
    this.#unsaved = null;
  }

  #raiseFloor(storeKey: string, floorMs: number | null): void {
    if (floorMs !== null) this.#floors.set(storeKey, Math.max(floorMs, this.#floors.get(storeKey) ?? floorMs));
  }

  #alarm(event: string, code: ErrorCode, message: string): void {
    this.#deps.logger.warn({ event, code }, message);
    this.#deps.onAlarm(code);
  }

  #task(load: Pick<LoadTaskParts, 'traceparent' | 'signatureKey' | 'apiKey' | 'given'>): LoadTask {
    const { clock, network, memory } = this.#deps;
    return createLoadTask({
      ...load,
      options: this.#options,
      network,
      lineage: this.#lineage,
      snapshot: this.#snapshot,
      floorMs: this.#floors.get(this.#lineage.storeKey) ?? null,
      nowMs: clock.now(),
      // A remembered map is in the store already.
      wantsBody: load.given === null && memory.isKeeping,
    });
  }
}
