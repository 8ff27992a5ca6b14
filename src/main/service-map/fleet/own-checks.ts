import { monotonicMs, type Random, startTimer, type Timer } from '../../../shared/clock.ts';
import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import { recordFleetAudit, recordFleetFallback } from '../../observability/instruments.ts';
import type { Logger } from '../../observability/logger.ts';
import type { RefreshOutcome } from '../refresh/refresh-outcome.ts';
import type { FollowedSource } from './followed-source.ts';
import type { MapCalls } from './map-calls.ts';
import { pause } from './pause.ts';

/** When only this share of the map's lifetime is left, a host requests the map itself. This is the guard request. */
const GUARD_SHARE = 0.2;
/** Share of the map's lifetime over which the hosts of a fleet spread their guard requests. */
const GUARD_SPREAD = 0.15;
/** The delay after a failed guard request is this share of the remaining lifetime. */
const GUARD_RETRY_SHARE = 0.3;
const LEAST_MS = 1_000;
/**
 * On average, a host makes one audit in this many refresh intervals. An audit is a request to the source that shows
 * whether the fleet has the newest map.
 */
const AUDIT_OF = 100;
/** How long the fleet may take to get a map that an audit has just found at the source. */
const AUDIT_GRACE_MS = 5_000;

/** Dependencies of {@link OwnChecks}. */
export interface ChecksDeps {
  readonly calls: MapCalls;
  readonly source: FollowedSource;
  readonly logger: Logger;
  readonly random: Random;
  readonly onAlarm: (code: ErrorCode) => void;
  readonly held: () => HeldMap | null;
  /** Whether another host requests the map for this host. */
  readonly isFollowing: () => boolean;
  readonly closing: AbortSignal;
}

/** Why a host requests the map although another host does so for all hosts. */
type Reason = 'guard' | 'refused' | 'audit';

/**
 * Requests by this host that limit the damage if the fleet's Redis server lies or stalls. A guard requests the map
 * near the end of its lifetime. Random audits compare the map with the source. A fallback requests the map from the
 * source if the map of the fleet could not be put into use. Each host also reads the key documents itself.
 */
export class OwnChecks {
  readonly #deps: ChecksDeps;
  #guard: Timer | null = null;
  #turn: Timer | null = null;
  #fallback: Timer | null = null;
  #holdsUntilMs = 0;

  constructor(deps: ChecksDeps) {
    this.#deps = deps;
  }

  /**
   * Starts the periodic checks, which replace the background refreshes while another host requests the map. Idempotent.
   */
  start(): void {
    if (this.#turn === null) this.#setTurn();
  }

  /** Stops all timers. Idempotent. */
  stop(): void {
    for (const timer of [this.#guard, this.#turn, this.#fallback]) timer?.cancel();
    this.#guard = null;
    this.#turn = null;
    this.#fallback = null;
  }

  /**
   * Restarts the guard, because a map was accepted or confirmed. Its lifetime is `totalMs` milliseconds, of which
   * `holdsForMs` are left.
   */
  holds(holdsForMs: number, totalMs: number): void {
    this.#holdsUntilMs = monotonicMs() + holdsForMs;
    const chance = this.#deps.random.next();
    this.#setGuard(holdsForMs - GUARD_SHARE * totalMs + GUARD_SPREAD * totalMs * chance);
  }

  /**
   * Requests the map from the source at a random time within the interval, because a map of the fleet could not be put
   * into use.
   */
  fallBack(then: () => void): void {
    const { source, random } = this.#deps;
    this.#fallback ??= startTimer(Math.max(LEAST_MS, source.intervalMs * random.next()), () => {
      this.#fallback = null;
      void this.#ask('refused').then(then);
    });
  }

  #setGuard(ms: number): void {
    this.#guard?.cancel();
    this.#guard = startTimer(Math.max(LEAST_MS, ms), () => void this.#keepGuard());
  }

  async #keepGuard(): Promise<void> {
    const before = this.#deps.held()?.sha256;
    const outcome = await this.#ask('guard');
    const leftMs = this.#holdsUntilMs - monotonicMs();
    const isRenewed = outcome === null || (outcome.ok && this.#deps.held()?.sha256 !== before);
    if (!isRenewed && leftMs > 0 && !this.#deps.closing.aborted) this.#setGuard(GUARD_RETRY_SHARE * leftMs);
  }

  #setTurn(): void {
    const { source, random } = this.#deps;
    this.#turn = startTimer(Math.max(LEAST_MS, source.intervalMs * (0.8 + 0.4 * random.next())), () => {
      this.#setTurn();
      void this.#takeTurn();
    });
  }

  async #takeTurn(): Promise<void> {
    const { source, random, isFollowing } = this.#deps;
    await source.followKeys();
    if (isFollowing() && random.next() * AUDIT_OF < 1) await this.#audit();
  }

  async #audit(): Promise<void> {
    const { calls, closing, held, logger, onAlarm, source } = this.#deps;
    const outcome = await this.#ask('audit');
    if (outcome === null || !outcome.ok) {
      if (outcome !== null) recordFleetAudit('failed');
      return;
    }
    const own = held();
    const isSame = outcome.kind === 'unchanged' || own === null || (await this.#catchesUp(own));
    if (closing.aborted) return;
    recordFleetAudit(isSame ? 'same' : 'different');
    const fields = { event: 'fleet-audit', sourceId: source.id, isSame, name: calls.name };
    if (isSame) {
      logger.info(fields, 'The source has the service map that the fleet has');
      return;
    }
    onAlarm('FLEET_MAP_BEHIND');
    logger.warn({ ...fields, code: 'FLEET_MAP_BEHIND' }, 'The source has a newer service map than the fleet');
  }

  /**
   * Waits a few seconds. Resolves with true if the fleet has the map that this host got from the source, or a newer
   * map, by then.
   */
  async #catchesUp(own: HeldMap): Promise<boolean> {
    const { calls, closing } = this.#deps;
    try {
      await pause(AUDIT_GRACE_MS, closing);
      const head = await calls.readHead();
      return head !== null && head.generatedAtMs >= own.generatedAtMs;
    } catch {
      // The Redis server is unreachable, or the source closes, so there is nothing to compare the map with.
      return true;
    }
  }

  /**
   * Requests the map from the source although another host already does so for this host. Sends no request and returns
   * null if no other host requests the map, or if the source asked for a pause.
   */
  async #ask(reason: Reason): Promise<RefreshOutcome | null> {
    const { isFollowing, logger, source } = this.#deps;
    if (!isFollowing() || source.pauseMs > 0) return null;
    if (reason !== 'audit') recordFleetFallback(reason);
    if (reason === 'guard')
      logger.warn(
        { event: 'fleet-guard', sourceId: source.id },
        'The service map expires soon and the fleet has no newer one, so this host requests it from the source',
      );
    return source.ask(reason === 'audit' ? 'poll' : 'refresh');
  }
}
