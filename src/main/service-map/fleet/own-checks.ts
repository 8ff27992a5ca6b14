import { monotonicMs, type Random, startTimer, type Timer } from '../../../shared/clock.ts';
import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import { recordFleetAudit, recordFleetFallback } from '../../observability/instruments.ts';
import type { Logger } from '../../observability/logger.ts';
import type { RefreshOutcome } from '../refresh/refresh-outcome.ts';
import type { FollowedSource } from './followed-source.ts';
import type { MapCalls } from './map-calls.ts';
import { pause } from './pause.ts';

/** The guard: a map of which this share of its time is left, with nothing newer heard, is asked for. */
const GUARD_SHARE = 0.2;
/** Share of the map's time over which the hosts of a fleet spread what their guards ask. */
const GUARD_SPREAD = 0.15;
/** After a guard's question that failed: this share of what is left, at least a second. */
const GUARD_RETRY_SHARE = 0.3;
const LEAST_MS = 1_000;
/** One of so many refreshes that the fleet saves asks the source all the same. */
const AUDIT_OF = 100;
/** A change of the source reaches the fleet within this, so that an audit may have been ahead of it. */
const AUDIT_GRACE_MS = 5_000;

/** What a host does by itself while the fleet provides its map. */
export interface ChecksDeps {
  readonly calls: MapCalls;
  readonly source: FollowedSource;
  readonly logger: Logger;
  readonly random: Random;
  readonly onAlarm: (code: ErrorCode) => void;
  readonly held: () => HeldMap | null;
  /** Whether another host asks the source for this one. */
  readonly isFollowing: () => boolean;
  readonly closing: AbortSignal;
}

/** Why a host asks the source though another one does it for all. */
type Reason = 'guard' | 'refused' | 'audit';

/**
 * What limits a server of the fleet that lies or stands still: a guard near the end of a map's time, a question by
 * chance that compares, and one for a map that could not be taken. Key documents are followed by each host itself.
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

  /** Starts the turns that stand for the refreshes that the fleet saves. Idempotent. */
  start(): void {
    if (this.#turn === null) this.#setTurn();
  }

  /** Stops everything. Idempotent. */
  stop(): void {
    for (const timer of [this.#guard, this.#turn, this.#fallback]) timer?.cancel();
    this.#guard = null;
    this.#turn = null;
    this.#fallback = null;
  }

  /** A map is in force, or was confirmed: it holds for so long, of `totalMs` that it was made for. */
  holds(holdsForMs: number, totalMs: number): void {
    this.#holdsUntilMs = monotonicMs() + holdsForMs;
    const chance = this.#deps.random.next();
    this.#setGuard(holdsForMs - GUARD_SHARE * totalMs + GUARD_SPREAD * totalMs * chance);
  }

  /** A map of the fleet could not be taken: the source is asked, anywhere within the interval. */
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

  /** Whether the fleet has, soon after, what this host got from the source itself. */
  async #catchesUp(own: HeldMap): Promise<boolean> {
    const { calls, closing } = this.#deps;
    try {
      await pause(AUDIT_GRACE_MS, closing);
      const head = await calls.readHead();
      return head !== null && head.generatedAtMs >= own.generatedAtMs;
    } catch {
      // The server is away, or the source closes: there is nothing to compare with.
      return true;
    }
  }

  /** Asks the source where another host does it for this one; null where none does. */
  async #ask(reason: Reason): Promise<RefreshOutcome | null> {
    const { isFollowing, logger, source } = this.#deps;
    if (!isFollowing() || source.pauseMs > 0) return null;
    if (reason !== 'audit') recordFleetFallback(reason);
    if (reason === 'guard')
      logger.warn(
        { event: 'fleet-guard', sourceId: source.id },
        'The service map is near its end and the fleet has no newer one, so the source is asked',
      );
    return source.ask(reason === 'audit' ? 'poll' : 'refresh');
  }
}
