import { type Clock, startTimer, type Timer } from '../../shared/clock.ts';

/** Maximum delay between two checks. The wall clock may be set at any time, and timers do not notice this. */
const LONGEST_CHECK_MS = 60_000;

/** Options of {@link MapAge}. */
export interface MapAgeOptions {
  readonly clock: Clock;
  /** Milliseconds on a monotonic clock. */
  readonly elapsedMs: () => number;
  /** How long after its expiry a map may be served, in milliseconds; null for no limit. */
  readonly maxStaleMs: number | null;
  /** Called once for each map when half of `maxStaleMs` has passed since its expiry. */
  readonly onAging: () => void;
  /** Called when the map is older than `maxStaleMs` allows. The map is then no longer watched. */
  readonly onTooStale: () => void;
  /** Starts the timers. Defaults to the timers of the system. */
  readonly startTimer?: typeof startTimer;
}

/** The map that is watched, and the time on both clocks when the watch began. */
interface Watched {
  readonly expiresAtMs: number;
  readonly wallMs: number;
  readonly elapsedMs: number;
  hasWarned: boolean;
}

/**
 * Watches the age of the current map. Setting the wall clock forward makes the map older immediately. Setting it back
 * does not make the map younger, because a monotonic clock measures the age, too.
 */
export class MapAge {
  readonly #options: MapAgeOptions;
  #watched: Watched | null = null;
  #timer: Timer | null = null;

  constructor(options: MapAgeOptions) {
    this.#options = options;
  }

  /** Watches a map that was just accepted or confirmed, instead of the map that was watched before. */
  watch(expiresAtMs: number): void {
    this.stop();
    if (this.#options.maxStaleMs === null) return;
    const { clock, elapsedMs } = this.#options;
    this.#watched = { expiresAtMs, wallMs: clock.now(), elapsedMs: elapsedMs(), hasWarned: false };
    this.#schedule();
  }

  /** Checks the age now. */
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

  /** Stops watching. Idempotent. */
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
    // One millisecond is added, because the age must exceed the limit.
    const delayMs = Math.max(0, dueMs - this.#nowMs(watched)) + 1;
    this.#timer = start(Math.min(LONGEST_CHECK_MS, delayMs), () => {
      this.check();
      this.#schedule();
    });
  }
}
