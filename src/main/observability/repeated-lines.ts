import { monotonicMs } from '../../shared/clock.ts';

/** After a line was written, further lines with the same reason are suppressed for this long. */
const QUIET_MS = 60_000;

/**
 * Maximum number of reasons that are remembered. There are usually far fewer different reasons; this is a safeguard.
 */
const MAX_REASONS = 64;

interface Told {
  atMs: number;
  untold: number;
}

/** Reduces repetitive log lines: for each reason, at most one line a minute is written. */
export class RepeatedLines {
  readonly #now: () => number;
  readonly #told = new Map<string, Told>();

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /**
   * Returns null if the line for this reason must be suppressed. Otherwise returns a suffix that says how many lines
   * were suppressed before this line, or an empty string if no line was.
   */
  next(reason: string): string | null {
    const now = this.#now();
    const told = this.#told.get(reason);
    if (told !== undefined && now - told.atMs < QUIET_MS) {
      told.untold += 1;
      return null;
    }
    if (told === undefined && this.#told.size >= MAX_REASONS && !this.#dropQuiet(now)) return null;
    this.#told.set(reason, { atMs: now, untold: 0 });
    return told === undefined || told.untold === 0 ? '' : ` (${told.untold} more like this before)`;
  }

  /**
   * Forgets the reasons whose last line is at least {@link QUIET_MS} old. Returns whether there is now room for another
   * reason.
   */
  #dropQuiet(now: number): boolean {
    for (const [reason, { atMs }] of this.#told) if (now - atMs >= QUIET_MS) this.#told.delete(reason);
    return this.#told.size < MAX_REASONS;
  }
}
