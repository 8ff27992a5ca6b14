import { monotonicMs } from '../../shared/clock.ts';

/** Interval within which only one line is written for each reason. */
const QUIET_MS = 60_000;

/** Maximum number of remembered reasons. They mostly come from a closed set, so this is only a safeguard. */
const MAX_REASONS = 64;

interface Told {
  atMs: number;
  untold: number;
}

/** Decides which lines of a repetitive log are written: the first for each reason in a minute. */
export class RepeatedLines {
  readonly #now: () => number;
  readonly #told = new Map<string, Told>();

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /**
   * Returns the suffix of the line for this reason, such as the number of suppressed lines before it; null if the line
   * is suppressed.
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

  /** Forgets the reasons whose quiet interval is over. Returns whether there were any. */
  #dropQuiet(now: number): boolean {
    for (const [reason, { atMs }] of this.#told) if (now - atMs >= QUIET_MS) this.#told.delete(reason);
    return this.#told.size < MAX_REASONS;
  }
}
