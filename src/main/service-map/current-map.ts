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

/** Where a body comes from. `read`: reads it from the fleet, each time anew, since a thread takes it over. */
type Origin =
  | { readonly kind: 'source' }
  | { readonly kind: 'remembered'; readonly body: AcquiredBody }
  | { readonly kind: 'fleet'; readonly read: () => Promise<AcquiredBody> };

const FETCHED: Origin = { kind: 'source' };

/**
 * The last accepted map of a source, and how the next one is loaded. One load at a time: the caller sees to it.
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

  /** Resolves when what is remembered has been put in force, or is known to be nothing. */
  get remembered(): Promise<void> {
    return this.#remembered.promise;
  }

  get snapshot(): Snapshot {
    return this.#inForce.snapshot;
  }

  /** How current the map in force is. One that is older than `maxStaleMs` allows is dropped first. */
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

  /** Starts a refresh, whose attempts share what key documents may cost. */
  startRefresh(): void {
    this.#keys.startRefresh();
  }

  /**
   * Asks for the map once and accepts what is proven; a failed load changes nothing. `followsKeys`: whether newer key
   * documents are looked for, too.
   * The first time, what is remembered from an earlier run is put in force before the network is asked.
   * Rejects with SECRET_UNAVAILABLE, KEYS_UNAVAILABLE or KEYS_INVALID where a key cannot be had, and with
   * KEYS_ROLLED_BACK where no key document is new enough.
   */
  async load(signal: AbortSignal, followsKeys = true): Promise<LoadOutcome> {
    const secrets = await this.#prepare(signal);
    const hasLost = this.#deps.memory.hasLost(this.#lineage.storeKey);
    const run = (following: Following | null) => this.#run(secrets, FETCHED, signal, following);
    const first = await this.#keys.load(secrets, signal, run, followsKeys);
    const outcome = (await this.#wasFloorReset(first, signal)) ? await this.#run(secrets, FETCHED, signal) : first;
    if (outcome.kind !== 'unchanged' || !(await hasLost)) return outcome;
    // Of a map that did not change only the bytes are missing that could be kept again.
    this.#lineage.forgetBody();
    const again = await this.#run(secrets, FETCHED, signal);
    return again.kind === 'failed' ? outcome : again;
  }

  /**
   * Proves what `read` gives, a body of the fleet, by the same rules as one of the source, and accepts it. The body in
   * force is `unchanged`, which confirms nothing. Rejects as {@link load} and as `read` do.
   */
  async take(read: () => Promise<AcquiredBody>, signal: AbortSignal): Promise<LoadOutcome> {
    const secrets = await this.#prepare(signal);
    return this.#keys.load(secrets, signal, () => this.#run(secrets, { kind: 'fleet', read }, signal), false);
  }

  /** Puts in force what is remembered, if that was not done yet. Rejects with SECRET_UNAVAILABLE or KEYS_…. */
  async recall(signal: AbortSignal): Promise<void> {
    await this.#prepare(signal);
  }

  /** Follows the key documents without asking for a map. Rejects with SECRET_UNAVAILABLE or KEYS_…. */
  async followKeys(signal: AbortSignal): Promise<void> {
    const secrets = await this.#prepare(signal);
    this.#keys.startRefresh();
    await this.#keys.follow(secrets, signal);
  }

  /** The fleet says that the source stands by the map in force, which then counts as confirmed. */
  vouch(): void {
    this.#inForce.confirm(this.#lineage.etag);
  }

  /** The next answer of the source is read whole and proven, even if it is the map in force. */
  forgetBody(): void {
    this.#lineage.forgetBody();
  }

  /**
   * Takes the map in force out of force: its connectors are removed, as if a new map did not list them. The floor and
   * what is known of the keys stay. `why` is a sentence without its end.
   */
  drop(code: ErrorCode, why: string): void {
    this.#inForce.drop(code, why);
  }

  /** Stops watching the age of the map. Idempotent. */
  close(): void {
    this.#inForce.close();
  }

  /** The secrets of one load. The first time, what is remembered is put in force. */
  async #prepare(signal: AbortSignal): Promise<AskedSecrets> {
    const secrets = await askForSecrets(this.#options, signal);
    this.#inForce.checkAge();
    const oldKeys = this.#lineage.unread(secrets.hmacKeys);
    if (oldKeys !== null) await this.#remember(secrets, oldKeys, signal).finally(this.#remembered.resolve);
    return secrets;
  }

  /** Takes up what is remembered: the floor counts, and a first map is proven again. */
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
    // The start image may be older than the store, and so may be the keys that its map was proven with.
    if (document !== null) this.#inForce.judge(document);
    const { map } = stored;
    if (map !== null && map.generatedAtMs > this.#inForce.snapshot.generatedAtMs)
      await this.#serve(map, secrets, signal);
  }

  /** Puts a remembered map in force, if it still proves good. */
  async #serve(map: StoredMap, secrets: AskedSecrets, signal: AbortSignal): Promise<void> {
    const body: AcquiredBody = { kind: 'body', bytes: map.body, etag: map.etag, fetchMs: 0 };
    await this.#keys.assertUsable(secrets, signal);
    const outcome = await this.#run(secrets, { kind: 'remembered', body }, signal);
    if (outcome.kind !== 'failed') {
      this.#remembered.resolve();
      return;
    }
    const { code, message } = outcome.error;
    this.#deps.logger.warn({ event: 'stored-map-refused', code }, `The remembered service map is not used: ${message}`);
    if (code === 'MAP_TOO_STALE' || code === 'MAP_KEY_REVOKED') this.#inForce.noteRefused(code);
  }

  /** Takes up a newer key document: it is remembered, and the map in force is judged by it. */
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
    // A remembered map is in the store already.
    const wantsBody = !isRemembered && (memory.isKeeping || watcher?.wantsBytes === true);
    const parts = { trust, apiKey, given, isRemembered, options, network, lineage, snapshot, wantsBody };
    const outcome = await traced('load', 'service map load', { isRemembered }, (traceparent) =>
      loader.load(createLoadTask({ traceparent, ...parts, nowMs: clock.now() }), signal),
    );
    // What was proven under older keys does not count, and a map that was dropped is not there to be compared with.
    const hasOtherKeys = following !== null && (await following.hasChanged);
    // Nothing is taken up once the manager closes, though the map may have come in the same moment.
    signal.throwIfAborted();
    if (!isRemembered && (hasOtherKeys || this.#inForce.snapshot !== snapshot))
      return this.#run(secrets, origin, signal);
    this.#deps.onLoad(outcome.kind === 'loaded' ? outcome.commit.report : outcome.report, outcome.kind);
    if (outcome.kind === 'loaded') this.#accept(outcome, isRemembered);
    // What the fleet says again is no second opinion of the source.
    if (outcome.kind === 'unchanged' && origin.kind !== 'fleet') this.#inForce.confirm(outcome.etag);
    return outcome;
  }

  #accept(outcome: Extract<LoadOutcome, { kind: 'loaded' }>, isRemembered: boolean): void {
    const { memory, watcher } = this.#deps;
    const { body, bodySha256: sha256, generatedAtMs, expiresAtMs, etag } = outcome.commit;
    const isWanted = watcher?.wantsBytes === true && !isRemembered;
    // The store takes over the buffer.
    const bytes = isWanted && body !== null ? (memory.isKeeping ? body.slice() : body) : null;
    this.#inForce.accept(outcome, isRemembered);
    watcher?.accepted({ sha256, generatedAtMs, expiresAtMs, etag }, bytes);
  }

  /** Whether a person has reset a floor that kept every map of the present out; then it is taken over. */
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
