import { monotonicMs } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap, PublishOutcome } from '../../../shared/protocol/fleet/map-messages.ts';
import type { Logger } from '../../observability/logger.ts';
import type { FollowedSource } from './followed-source.ts';
import type { MapCalls } from './map-calls.ts';
import type { NewsTaker } from './news-taker.ts';
import { pause } from './pause.ts';

/** Milliseconds between the starts of two requests to the source. */
const POLL_MS = 1_000;
/**
 * How long the requests of a leader may fail before it steps down, so that another host can try. This time doubles
 * whenever the host steps down.
 */
const FIRST_PATIENCE_MS = 3_000;
const LONGEST_PATIENCE_MS = 60_000;

/** Dependencies of {@link MapLeader}. */
export interface LeaderDeps {
  readonly calls: MapCalls;
  readonly source: FollowedSource;
  readonly taker: NewsTaker;
  readonly logger: Logger;
  /** Returns the current map of this host. */
  readonly held: () => HeldMap | null;
  /** Called after each request to the source. */
  readonly onAsked: () => void;
}

/** Requests the map for the whole fleet each second while this host leads, and publishes each map that verifies. */
export class MapLeader {
  readonly #deps: LeaderDeps;
  #leading: AbortController | null = null;
  #asked = 0;
  /** The current map with its bytes, until it has been published to the fleet. */
  #unpublished: { readonly held: HeldMap; readonly bytes: Uint8Array<ArrayBuffer> } | null = null;
  /** Whether the fleet lacks the current map, so that this host must fetch the map's bytes again to publish them. */
  #lacksBytes = false;
  #failingSinceMs: number | null = null;
  #patienceMs = FIRST_PATIENCE_MS;

  constructor(deps: LeaderDeps) {
    this.#deps = deps;
  }

  get isLeading(): boolean {
    return this.#leading !== null;
  }

  /** Whether this host has requested the map from the source since it became the leader. */
  get hasAsked(): boolean {
    return this.#asked > 0;
  }

  /**
   * Starts the requests to the source. `head` identifies the newest map of the fleet. If that map is newer than this
   * host's own map, this host first puts it into use. Idempotent.
   */
  start(head: MapHead | null, closing: AbortSignal): void {
    if (this.#leading !== null) return;
    const leading = new AbortController();
    this.#leading = leading;
    this.#asked = 0;
    this.#failingSinceMs = null;
    this.#lead(head, AbortSignal.any([leading.signal, closing])).catch((error: unknown) => {
      if (leading.signal.aborted || closing.aborted) return;
      const { logger, source } = this.#deps;
      const fields = {
        event: 'fleet-leader-failed',
        code: codeOf(error) ?? 'INTERNAL',
        sourceId: source.id,
        err: error,
      };
      logger.error(fields, 'This host no longer requests the service map for the fleet');
      this.stop();
      void this.#deps.calls.stepDown().catch(() => {});
    });
  }

  /** Stops the requests to the source. Idempotent. */
  stop(): void {
    this.#leading?.abort();
    this.#leading = null;
    this.#unpublished = null;
    this.#lacksBytes = false;
  }

  /** Stores the bytes of the map that is now the current one, to publish them later. */
  accepted(held: HeldMap, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.isLeading) this.#unpublished = { held, bytes };
  }

  async #lead(head: MapHead | null, signal: AbortSignal): Promise<void> {
    await this.#deps.source.recall().catch(() => {
      // A secret is missing. The first request to the source reports the error.
    });
    if (head !== null) await this.#look(head);
    for (;;) {
      signal.throwIfAborted();
      const startedMs = monotonicMs();
      await this.#poll(signal);
      this.#asked += 1;
      this.#deps.onAsked();
      await pause(POLL_MS - (monotonicMs() - startedMs), signal);
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { source } = this.#deps;
    // The server of the source requested a pause. This host stays the leader, because another leader would ignore it.
    if (source.pauseMs > 0) return;
    if (this.#lacksBytes) source.forgetBody();
    const outcome = await source.ask('poll');
    signal.throwIfAborted();
    if (outcome.ok) {
      this.#failingSinceMs = null;
      this.#patienceMs = FIRST_PATIENCE_MS;
      await this.#tell();
    } else if (source.pauseMs <= 0) await this.#failed();
  }

  /** Publishes what the source has just sent or confirmed. */
  async #tell(): Promise<void> {
    const { calls } = this.#deps;
    const outcome = await this.#publish().catch((error: unknown): PublishOutcome => {
      // The Redis server is unreachable or refused the map. The next poll publishes again, if this host still leads.
      this.#lacksBytes = true;
      this.#note(error);
      return 'fenced';
    });
    if (outcome !== 'older') return;
    const head = await calls.readHead().catch(() => null);
    if (head !== null) await this.#look(head);
  }

  async #publish(): Promise<PublishOutcome> {
    const { calls, held } = this.#deps;
    const inForce = held();
    if (inForce === null) return 'done';
    const unpublished = this.#unpublished;
    this.#unpublished = null;
    const isOfNow = unpublished !== null && unpublished.held.sha256 === inForce.sha256;
    const outcome = isOfNow
      ? await calls.publish({ ...inForce, bytes: unpublished.bytes })
      : await calls.confirm(inForce.sha256);
    this.#lacksBytes = outcome === 'missing' || (isOfNow && outcome !== 'done');
    return outcome;
  }

  /**
   * Puts the map of the fleet into use if it is newer than this host's own map. If that fails, this host's own map
   * replaces the map of the fleet.
   */
  async #look(head: MapHead): Promise<void> {
    const { held, taker } = this.#deps;
    const inForce = held();
    if (inForce !== null && (head.sha256 === inForce.sha256 || head.generatedAtMs <= inForce.generatedAtMs)) return;
    const taking = await taker.take(head);
    if (taking !== 'taken') this.#lacksBytes = held() !== null;
  }

  async #failed(): Promise<void> {
    const { calls, source, logger } = this.#deps;
    this.#failingSinceMs ??= monotonicMs();
    if (monotonicMs() - this.#failingSinceMs < this.#patienceMs || !calls.hasOthers) return;
    this.#failingSinceMs = null;
    // While no host reaches the source, this host waits twice as long before it steps down the next time.
    this.#patienceMs = Math.min(LONGEST_PATIENCE_MS, this.#patienceMs * 2);
    logger.warn(
      { event: 'fleet-stepped-down', sourceId: source.id },
      'This host cannot get the service map, so it lets another host of the fleet request it',
    );
    await calls.stepDown().catch((error: unknown) => this.#note(error));
  }

  #note(error: unknown): void {
    const { logger, source } = this.#deps;
    const fields = { event: 'fleet-not-told', code: codeOf(error) ?? 'INTERNAL', sourceId: source.id, err: error };
    logger.debug(fields, 'The service map was not published to the fleet');
  }
}
