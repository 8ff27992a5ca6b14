import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '../../shared/error-codes.ts';
import { messageOf } from '../../shared/errors.ts';
import type { CommitEvent } from '../../shared/protocol/thread-messages.ts';
import type { SourceNotes, StoredMap } from '../../shared/protocol/writer-messages.ts';
import type { KeyDocument } from '../../shared/signatures/key-document.ts';
import type { MapSigners } from '../../shared/signatures/trust.ts';
import type { MapOptions } from '../options/map-options.ts';
import { shownMapUrl } from '../options/map-url.ts';
import type { CurrentMapDeps } from './current-map-deps.ts';
import type { LoadOutcome } from './loading/collect-load.ts';
import { ManifestCache } from './manifest-cache.ts';
import { MapAge } from './map-age.ts';
import { judgeRemovals } from './mass-removal.ts';
import type { Freshness } from './refresh/sync-decision.ts';
import { Snapshot } from './snapshot.ts';
import type { Lineage } from './trust/lineage.ts';
import type { DroppedMap } from './trust/map-trust-status.ts';
import { isSignedBy, needsSignatures } from './trust/source-trust.ts';
import { reportUnusable, usableDelta } from './unusable-entries.ts';

type LoadedMap = Extract<LoadOutcome, { kind: 'loaded' }>;

/** Dependencies of {@link MapInForce}, other than its options. */
type MapInForceDeps = Omit<CurrentMapDeps, 'loader' | 'network' | 'onLoad'>;

/** Holds the map that is served. Replaces this map, watches its age, and drops it when it may no longer be served. */
export class MapInForce {
  readonly #options: MapOptions;
  readonly #lineage: Lineage;
  readonly #deps: MapInForceDeps;
  readonly #cache: ManifestCache<Snapshot>;
  readonly #age: MapAge;
  #snapshot: Snapshot = Snapshot.empty();
  #signers: MapSigners | null = null;
  #dropped: DroppedMap | null = null;
  /** The accepted map that must still be stored; null if no map has to be stored. */
  #unsaved: StoredMap | null = null;

  constructor(options: MapOptions, lineage: Lineage, deps: MapInForceDeps) {
    this.#options = options;
    this.#lineage = lineage;
    this.#deps = deps;
    const { clock, elapsedMs } = deps;
    this.#cache = new ManifestCache(clock, elapsedMs);
    this.#age = new MapAge({
      ...{ clock, elapsedMs, maxStaleMs: options.trust.maxStaleMs },
      onAging: () => this.#alarm('map-aging', 'MAP_EXPIRED', `${this.#expiry()}; half of maxStaleMs has passed`),
      onTooStale: () => this.drop('MAP_TOO_STALE', `${this.#expiry()}, longer ago than maxStaleMs allows`),
    });
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** The keys that signed the map; null if there is no map. */
  get signers(): MapSigners | null {
    return this.#signers;
  }

  /** Why there is no map: it was dropped, or the map of an earlier run was refused. Null otherwise. */
  get dropped(): DroppedMap | null {
    return this.#dropped;
  }

  /** The freshness of the map. A map older than `maxStaleMs` allows is dropped first. */
  get freshness(): Freshness {
    this.checkAge();
    if (this.#cache.getFresh() !== undefined) return 'fresh';
    return this.#cache.peek() === undefined ? 'none' : 'stale';
  }

  /** Drops the map if it is older than `maxStaleMs` allows. */
  checkAge(): void {
    this.#age.check();
  }

  /**
   * Makes a verified map the current map. `isRemembered`: the map comes from the store, and the source has not
   * confirmed it yet.
   */
  accept({ sent, commit }: LoadedMap, isRemembered: boolean): void {
    const { clock } = this.#deps;
    const { storeKey } = this.#lineage;
    const { generatedAtMs, etag, bodySha256 } = commit;
    if (this.#lineage.bodySha256 !== null && generatedAtMs === this.#snapshot.generatedAtMs && this.#differs(commit)) {
      const message = 'Two different service maps have the same generatedAt. The map that was received later is used';
      this.#alarm('map-equivocated', 'MAP_EQUIVOCATED', message);
    }
    const verdict = judgeRemovals(commit.delta, this.#snapshot.held);
    const { removed, held } = verdict;
    if (held.length > 0) {
      const missing = `${held.length} connectors are missing from the new service map`;
      this.#alarm('map-mass-removal', 'MAP_MASS_REMOVAL', `${missing}; they are kept until the next load confirms it`);
    }
    const { unusable } = this.#snapshot;
    this.#snapshot = this.#snapshot.next(sent, commit, verdict);
    const isNews = reportUnusable(this.#deps.logger, unusable, this.#snapshot.unusable);
    if (isNews) this.#deps.onAlarm('MAP_ENTRY_UNUSABLE');
    this.#signers = commit.signers;
    this.#dropped = null;
    this.#lineage.prove(etag, bodySha256);
    this.#lineage.raiseFloor(generatedAtMs);
    this.#noteSigners();
    // A map of an earlier run may be outdated. It is served, but is treated as stale until the source confirms it.
    if (isRemembered) {
      this.#cache.set(this.#snapshot, 0);
      this.#age.watch(commit.expiresAtMs);
    } else this.#holds();
    const { body } = commit;
    // A map that the source has not confirmed yet must not be stored for the next start.
    const isToBeKept = body !== null && !isRemembered;
    this.#unsaved = isToBeKept ? { storeKey, etag, body, generatedAtMs, savedAtMs: Math.floor(clock.now()) } : null;
    if (held.length === 0) this.#save();
    const delta = usableDelta({ ...commit.delta, removed }, unusable, this.#snapshot.unusable);
    this.#deps.onSnapshot(this.#snapshot, delta);
  }

  /** Keeps the current map and treats it as fresh, because its source confirmed it with this ETag. */
  confirm(etag: string | null): void {
    this.#lineage.confirm(etag);
    this.#releaseHeld();
    this.#holds();
  }

  /**
   * Checks the current map against a key document that was obtained after the map was verified. Drops the map if too
   * few keys that signed it are still valid. Otherwise, the map expires when the document expires, or earlier. Does
   * nothing if the map needs no signature except its HMAC.
   */
  judge({ version, revoked, expiresAtMs }: Pick<KeyDocument, 'version' | 'revoked' | 'expiresAtMs'>): void {
    const signers = this.#signers;
    const { trust } = this.#options;
    if (signers === null || !needsSignatures(trust, signers, this.#lineage.facts)) return;
    const left = signers.signatures.filter(({ thumbprint }) => !revoked.includes(thumbprint));
    if (!isSignedBy({ ...signers, signatures: left }, trust.threshold))
      this.drop('MAP_KEY_REVOKED', `Key document ${version} revokes keys that signed the current service map`);
    else if (expiresAtMs < this.#snapshot.expiresAtMs) this.#expireBy(expiresAtMs);
  }

  #expireBy(expiresAtMs: number): void {
    const isConfirmed = this.#cache.get() !== undefined;
    this.#snapshot = this.#snapshot.expiringBy(expiresAtMs);
    this.#cache.set(this.#snapshot, isConfirmed ? expiresAtMs - this.#deps.clock.now() : 0);
    this.#age.watch(expiresAtMs);
  }

  /**
   * Stops serving the current map. Its connectors are removed, as if a new map did not list them. The floor (the
   * minimum `generatedAt`) and the facts about keys stay, and the usual rules apply to the next map. `why` is a
   * sentence without its full stop.
   */
  drop(code: ErrorCode, why: string): void {
    const { ids: removed, header } = this.#snapshot;
    if (header === null) return;
    this.#age.stop();
    this.#snapshot = this.#snapshot.dropped();
    this.#lineage.forgetBody();
    this.#cache.invalidate();
    this.#unsaved = null;
    this.#signers = null;
    this.#dropped = { code, at: this.#deps.clock.now() };
    const event = code.toLowerCase().replaceAll('_', '-');
    this.#alarm(event, code, `${why}, so its ${removed.length} connectors are removed`);
    try {
      this.#deps.onSnapshot(this.#snapshot, { added: [], changed: [], removed, unchangedCount: 0 });
    } catch (error) {
      // A timer may call this method, and could not handle an error.
      this.#deps.logger.error({ event: 'map-drop-failed', err: error }, `A listener failed: ${messageOf(error)}`);
    }
  }

  /** Records that the map of an earlier run was refused. The status shows this like a dropped map. */
  noteRefused(code: ErrorCode): void {
    this.#dropped = { code, at: this.#deps.clock.now() };
    this.#deps.onAlarm(code);
  }

  /** Stops watching the age of the map. Idempotent. */
  close(): void {
    this.#age.stop();
  }

  /**
   * Removes the connectors that were kept although the map does not list them, because the source confirmed the map.
   */
  #releaseHeld(): void {
    const { held } = this.#snapshot;
    if (held.length === 0) return;
    this.#snapshot = this.#snapshot.released();
    this.#save();
    const { size: unchangedCount } = this.#snapshot;
    this.#deps.onSnapshot(this.#snapshot, { added: [], changed: [], removed: held, unchangedCount });
  }

  /** Records that the current map is fresh until it expires. Cache-Control headers do not change this. */
  #holds(): void {
    const holdsForMs = this.#snapshot.expiresAtMs - this.#deps.clock.now();
    this.#cache.set(this.#snapshot, holdsForMs);
    this.#age.watch(this.#snapshot.expiresAtMs);
    this.#deps.onFresh(holdsForMs);
  }

  /** Whether the content of a new map differs from the current map. The same content may have different bytes. */
  #differs({ delta, header }: CommitEvent): boolean {
    const isOther = delta.added.length + delta.changed.length + delta.removed.length > 0;
    return isOther || !isDeepStrictEqual(header, this.#snapshot.header);
  }

  /**
   * Records that a map had enough signatures. From then on, maps with too few signatures are refused, even if the bytes
   * of the signed map are lost.
   */
  #noteSigners(): void {
    const { facts, storeKey } = this.#lineage;
    const notes = this.#notes();
    if (!notes.isSigned || facts.seenSigned) return;
    this.#lineage.learn({ ...facts, seenSigned: true, mapId: notes.mapId });
    this.#deps.memory.note(storeKey, notes);
  }

  #notes(): SourceNotes {
    const { seenSigned, mapId } = this.#lineage.facts;
    const isSignedNow = this.#signers !== null && isSignedBy(this.#signers, this.#options.trust.threshold);
    const seenId = isSignedNow ? (this.#snapshot.header?.id ?? null) : null;
    // The store may have replaced another store, so facts that it may lack are written again.
    const isSigned = seenSigned || isSignedNow;
    return { url: shownMapUrl(this.#options.url), isSigned, mapId: mapId ?? seenId };
  }

  #save(): void {
    if (this.#unsaved !== null) this.#deps.memory.save(this.#unsaved, this.#notes());
    this.#unsaved = null;
  }

  #expiry(): string {
    return `The current service map expired at ${new Date(this.#snapshot.expiresAtMs).toISOString()}`;
  }

  #alarm(event: string, code: ErrorCode, message: string): void {
    this.#deps.logger.warn({ event, code }, message);
    this.#deps.onAlarm(code);
  }
}
