import { raceSignal } from '../../shared/clock.ts';
import type { ErrorCode } from '../../shared/error-codes.ts';
import { isFloorInFuture } from '../../shared/load/floor.ts';
import type { AcquiredBody } from '../../shared/protocol/thread-messages.ts';
import type { StoredMap } from '../../shared/protocol/writer-messages.ts';
import { traced } from '../observability/trace.ts';
import type { MapOptions } from '../options/map-options.ts';
import { shownMapUrl } from '../options/map-url.ts';
import type { CurrentMapDeps } from './current-map-deps.ts';
import type { BelievedDocument } from './keys/key-ring.ts';
import { type Following, SourceKeys } from './keys/source-keys.ts';
import type { LoadOutcome } from './loading/collect-load.ts';
import { type AskedSecrets, askForSecrets, createLoadTask } from './loading/load-task.ts';
import { MapInForce } from './map-in-force.ts';
import type { Freshness } from './refresh/sync-decision.ts';
import type { Snapshot } from './snapshot.ts';
import { Lineage } from './trust/lineage.ts';
import { type MapTrustStatus, viewTrust } from './trust/map-trust-status.ts';
import { trustOf } from './trust/source-trust.ts';

/** Where a map's bytes come from. `read` returns a new copy each time, because the copy is moved to a thread. */
type Origin =
  | { readonly kind: 'source' }
  | { readonly kind: 'remembered'; readonly body: AcquiredBody }
  | { readonly kind: 'fleet'; readonly read: () => Promise<AcquiredBody> };

const FETCHED: Origin = { kind: 'source' };

/**
 * The current map (the last accepted map) of a source, and the loading of the next one. The caller ensures that only
 * one load runs at a time.
 */
export class CurrentMap {
  readonly #options: MapOptions;
  readonly #deps: CurrentMapDeps;
  readonly #lineage: Lineage;
  readonly #inForce: MapInForce;
  readonly #remembered: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #keys: SourceKeys;

  constructor(options: MapOptions, deps: CurrentMapDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#lineage = new Lineage(options.url);
    this.#inForce = new MapInForce(options, this.#lineage, deps);
    this.#keys = new SourceKeys(options, deps, (believed) => this.#believe(believed));
  }

  /** Resolves once the map of an earlier run is in use, or once it is known that no such map is stored. */
  get remembered(): Promise<void> {
    return this.#remembered.promise;
  }

  get snapshot(): Snapshot {
    return this.#inForce.snapshot;
  }

  /** The freshness of the current map. A map older than `maxStaleMs` allows is dropped first. */
  get freshness(): Freshness {
    return this.#inForce.freshness;
  }

  trustStatus(): MapTrustStatus {
    const { signers, dropped } = this.#inForce;
    return viewTrust({
      options: this.#options.trust,
      facts: this.#lineage.facts,
      keys: this.#keys.inForce,
      signers,
      dropped,
    });
  }

  /** Starts a refresh. All attempts of a refresh share one time limit and one limit on the number of key documents. */
  startRefresh(): void {
    this.#keys.startRefresh();
  }

  /**
   * Requests the map once and accepts it if it verifies. A failed load changes nothing. With `followsKeys`, newer key
   * documents are read, too. The first load puts the map of an earlier run into use before it uses the network. Rejects
   * with SECRET_UNAVAILABLE, KEYS_UNAVAILABLE or KEYS_INVALID if a key cannot be read, and with KEYS_ROLLED_BACK if no
   * key document is new enough.
   */
  async load(signal: AbortSignal, followsKeys = true): Promise<LoadOutcome> {
    const secrets = await this.#prepare(signal);
    const hasLost = this.#deps.memory.hasLost(this.#lineage.storeKey);
    const run = (following: Following | null) => this.#run(secrets, FETCHED, signal, following);
    const first = await this.#keys.load(secrets, signal, run, followsKeys);
    const outcome = (await this.#wasFloorReset(first, signal)) ? await this.#run(secrets, FETCHED, signal) : first;
    if (outcome.kind !== 'unchanged' || !(await hasLost)) return outcome;
    // The map did not change, but the store lost its bytes, so they are fetched and stored again.
    this.#lineage.forgetBody();
    const again = await this.#run(secrets, FETCHED, signal);
    return again.kind === 'failed' ? outcome : again;
  }

  /**
   * Verifies a body from the fleet like a body from the source, and accepts it. If its map is already the current map,
   * the outcome is `unchanged`, but this does not confirm the map. Rejects as {@link load} and `read` do.
   */
  async take(read: () => Promise<AcquiredBody>, signal: AbortSignal): Promise<LoadOutcome> {
    const secrets = await this.#prepare(signal);
    return this.#keys.load(secrets, signal, () => this.#run(secrets, { kind: 'fleet', read }, signal), false);
  }

  /** Puts the map of an earlier run into use, once. Rejects with SECRET_UNAVAILABLE or with a KEYS_… code. */
  async recall(signal: AbortSignal): Promise<void> {
    await this.#prepare(signal);
  }

  /** Reads newer key documents without requesting a map. Rejects with SECRET_UNAVAILABLE or with a KEYS_… code. */
  async followKeys(signal: AbortSignal): Promise<void> {
    const secrets = await this.#prepare(signal);
    this.#keys.startRefresh();
    await this.#keys.follow(secrets, signal);
  }

  /** Confirms the current map, because the fleet says that the source still has it. */
  vouch(): void {
    this.#inForce.confirm(this.#lineage.etag);
  }

  /** Makes the next load read and verify the whole map, even if it is the current map. */
  forgetBody(): void {
    this.#lineage.forgetBody();
  }

  /**
   * Stops using the current map. Its connectors are removed, as if a new map did not list them. The floor and the facts
   * about keys stay. `why` is a sentence without its full stop.
   */
  drop(code: ErrorCode, why: string): void {
    this.#inForce.drop(code, why);
  }

  /** Stops watching the age of the map. Idempotent. */
  close(): void {
    this.#inForce.close();
  }

  /** Reads the secrets for one load. The first call also puts the map of an earlier run into use. */
  async #prepare(signal: AbortSignal): Promise<AskedSecrets> {
    const secrets = await askForSecrets(this.#options, signal);
    this.#inForce.checkAge();
    const oldKeys = this.#lineage.unread(secrets.hmacKeys);
    if (oldKeys !== null) await this.#remember(secrets, oldKeys, signal).finally(this.#remembered.resolve);
    return secrets;
  }

  /** Restores the floor of an earlier run. Also restores its map if that verifies and is newer than the current map. */
  async #remember(secrets: AskedSecrets, oldKeys: readonly string[], signal: AbortSignal): Promise<void> {
    const { storeKey } = this.#lineage;
    const early =
      this.#inForce.snapshot.revision > 0 ? null : await raceSignal(this.#deps.memory.readEarly(storeKey), signal);
    if (early !== null) {
      this.#lineage.learn(early.facts);
      this.#keys.remember(early.facts, secrets);
      await this.#serve(early.map, secrets, signal);
    }
    const stored = await raceSignal(this.#deps.memory.read(storeKey, oldKeys), signal);
    if (stored === null) return;
    this.#lineage.remember(stored, oldKeys);
    const document = this.#keys.remember(stored, secrets);
    // The current map may come from an older start image, and may have been verified with older keys.
    if (document !== null) this.#inForce.judge(document);
    const { map } = stored;
    if (map !== null && map.generatedAtMs > this.#inForce.snapshot.generatedAtMs)
      await this.#serve(map, secrets, signal);
  }

  /** Puts the map of an earlier run into use, if it still verifies. */
  async #serve(map: StoredMap, secrets: AskedSecrets, signal: AbortSignal): Promise<void> {
    const body: AcquiredBody = { kind: 'body', bytes: map.body, etag: map.etag, fetchMs: 0 };
    await this.#keys.assertUsable(secrets, signal);
    const outcome = await this.#run(secrets, { kind: 'remembered', body }, signal);
    if (outcome.kind !== 'failed') {
      this.#remembered.resolve();
      return;
    }
    const { code, message } = outcome.error;
    this.#deps.logger.warn({ event: 'stored-map-refused', code }, `The stored service map is not used: ${message}`);
    if (code === 'MAP_TOO_STALE' || code === 'MAP_KEY_REVOKED') this.#inForce.noteRefused(code);
  }

  /** Stores a newer key document, and checks the current map against it. */
  #believe({ document, text, startsOver }: BelievedDocument): void {
    const { storeKey, facts } = this.#lineage;
    const { version } = document;
    this.#lineage.learn({ ...facts, keyVersion: version, keyDocument: text });
    this.#deps.memory.saveKeys(storeKey, shownMapUrl(this.#options.url), version, text, startsOver);
    this.#inForce.judge(document);
  }

  async #run(
    secrets: AskedSecrets,
    origin: Origin,
    signal: AbortSignal,
    following: Following | null = null,
  ): Promise<LoadOutcome> {
    const { clock, loader, memory, network, watcher } = this.#deps;
    const isRemembered = origin.kind === 'remembered';
    const given = isRemembered ? origin.body : origin.kind === 'fleet' ? await origin.read() : null;
    const [options, lineage, snapshot] = [this.#options, this.#lineage, this.#inForce.snapshot];
    this.#keys.configure(secrets.keySet);
    const trust = trustOf(options.trust, secrets.hmacKeys, this.#keys.inForce, lineage.facts);
    lineage.useTrust(trust, options.trust.mapId);
    const { apiKey } = secrets;
    // A map that came from the store need not be stored again.
    const wantsBody = !isRemembered && (memory.isKeeping || watcher?.wantsBytes === true);
    const parts = { trust, apiKey, given, isRemembered, options, network, lineage, snapshot, wantsBody };
    const outcome = await traced('load', 'service map load', { isRemembered }, (traceparent) =>
      loader.load(createLoadTask({ traceparent, ...parts, nowMs: clock.now() }), signal),
    );
    // The load is repeated if it used outdated keys, or if the current map has changed since.
    const hasOtherKeys = following !== null && (await following.hasChanged);
    // No map is accepted once the manager closes, even if the map arrived at the same moment.
    signal.throwIfAborted();
    if (!isRemembered && (hasOtherKeys || this.#inForce.snapshot !== snapshot))
      return this.#run(secrets, origin, signal);
    this.#deps.onLoad(outcome.kind === 'loaded' ? outcome.commit.report : outcome.report, outcome.kind);
    if (outcome.kind === 'loaded') this.#accept(outcome, isRemembered);
    // A map that the fleet sends again says nothing about what the source has now.
    if (outcome.kind === 'unchanged' && origin.kind !== 'fleet') this.#inForce.confirm(outcome.etag);
    return outcome;
  }

  #accept(outcome: Extract<LoadOutcome, { kind: 'loaded' }>, isRemembered: boolean): void {
    const { memory, watcher } = this.#deps;
    const { body, bodySha256: sha256, generatedAtMs, expiresAtMs, etag } = outcome.commit;
    const isWanted = watcher?.wantsBytes === true && !isRemembered;
    // The store takes over the buffer, so the fleet gets a copy.
    const bytes = isWanted && body !== null ? (memory.isKeeping ? body.slice() : body) : null;
    this.#inForce.accept(outcome, isRemembered);
    watcher?.accepted({ sha256, generatedAtMs, expiresAtMs, etag }, bytes);
  }

  /** Whether a floor in the future caused the failure and a person has reset it. If so, applies the new floor. */
  async #wasFloorReset(outcome: LoadOutcome, signal: AbortSignal): Promise<boolean> {
    const { floorMs, storeKey } = this.#lineage;
    const { clock, memory } = this.#deps;
    if (outcome.kind !== 'failed' || outcome.error.code !== 'MAP_ROLLED_BACK' || floorMs === null) return false;
    const isFuture = isFloorInFuture(floorMs, clock.now(), this.#options.limits.maxClockSkewMs);
    if (!memory.isKeeping || !isFuture) return false;
    const stored = await raceSignal(memory.read(storeKey, []), signal);
    if (stored === null || (stored.floorMs !== null && stored.floorMs >= floorMs)) return false;
    this.#lineage.lowerFloor(stored.floorMs);
    return true;
  }
}
