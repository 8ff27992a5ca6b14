import { type Clock, startTimer, type Timer } from '../../shared/clock.ts';

/** The wall clock may be set at any time, which no timer notices: it is read at least this often. */
const LONGEST_CHECK_MS = 60_000;

/** What a map's age is judged by, and who is told. */
export interface MapAgeOptions {
  readonly clock: Clock;
  /** Milliseconds on a clock that never steps back. */
  readonly elapsedMs: () => number;
  /** How long after its expiry a map may be served, in milliseconds; null for ever. */
  readonly maxStaleMs: number | null;
  /** Called once for each map when half of `maxStaleMs` has passed since its expiry. */
  readonly onAging: () => void;
  /** Called when the map is older than `maxStaleMs` allows; it is no longer watched. */
  readonly onTooStale: () => void;
  /** Sets the timers; the system's by default. */
  readonly startTimer?: typeof startTimer;
}

/** A map that is watched, and both clocks when that began. */
interface Watched {
  readonly expiresAtMs: number;
  readonly wallMs: number;
  readonly elapsedMs: number;
  hasWarned: boolean;
}

/**
 * Watches the age of the map in force. A wall clock that is set forward counts at once; one that is set back makes no
 * map younger, since the time that has really passed counts too.
 */
export class MapAge {
  readonly #options: MapAgeOptions;
  #watched: Watched | null = null;
  #timer: Timer | null = null;

  constructor(options: MapAgeOptions) {
    this.#options = options;
  }

  /** Watches a map that was just accepted or confirmed, in place of the one before. */
  watch(expiresAtMs: number): void {
    this.stop();
    if (this.#options.maxStaleMs === null) return;
    const { clock, elapsedMs } = this.#options;
    this.#watched = { expiresAtMs, wallMs: clock.now(), elapsedMs: elapsedMs(), hasWarned: false };
    this.#schedule();
  }

  /** Judges the age now. */
  check(): void {
    const { maxStaleMs, onAging, onTooStale } = this.#options;
    const watched = this.#watched;
    if (watched === null || maxStaleMs === null) return;
    const staleMs = this.#nowMs(watched) - watched.expiresAtMs;
    if (staleMs > maxStaleMs) {
      this.stop();
      onTooStale();
    } else if (staleMs > maxStaleMs / 2 && !watched.hasWarned) {
      watched.hasWarned = true;
      onAging();
    }
  }

  /** Watches nothing any more. Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#watched = null;
  }

  #nowMs({ wallMs, elapsedMs }: Watched): number {
    const { clock, elapsedMs: elapsedNow } = this.#options;
    return Math.max(clock.now(), wallMs + (elapsedNow() - elapsedMs));
  }

  #schedule(): void {
    const watched = this.#watched;
    const { maxStaleMs, startTimer: start = startTimer } = this.#options;
    if (watched === null || maxStaleMs === null) return;
    const dueMs = watched.expiresAtMs + (watched.hasWarned ? maxStaleMs : maxStaleMs / 2);
    // One more, since an age counts once it is past its limit.
    const delayMs = Math.max(0, dueMs - this.#nowMs(watched)) + 1;
    this.#timer = start(Math.min(LONGEST_CHECK_MS, delayMs), () => {
      this.check();
      this.#schedule();
    });
  }
}
