import { monotonicMs } from '../../shared/clock.ts';

/** One line for each reason within this time. */
const QUIET_MS = 60_000;

/** Reasons are mostly of a closed set, but for safety no more of them are remembered. */
const MAX_REASONS = 64;

interface Told {
  atMs: number;
  untold: number;
}

/** Decides which lines of a log that repeats itself are written: the first for each reason in a minute. */
export class RepeatedLines {
  readonly #now: () => number;
  readonly #told = new Map<string, Told>();

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** What a line for this reason ends with, such as how many were held back before it; null where it is held back. */
  next(reason: string): string | null {
    const now = this.#now();
    const told = this.#told.get(reason);
    if (told !== undefined && now - told.atMs < QUIET_MS) {
      told.untold += 1;
      return null;
    }
    if (told === undefined && this.#told.size >= MAX_REASONS && !this.#dropQuiet(now)) return null;
    this.#told.set(reason, { atMs: now, untold: 0 });
    return told === undefined || told.untold === 0 ? '' : ` (${told.untold} more like it before)`;
  }

  /** Forgets the reasons that may be told again anyway. Whether there were any. */
  #dropQuiet(now: number): boolean {
    for (const [reason, { atMs }] of this.#told) if (now - atMs >= QUIET_MS) this.#told.delete(reason);
    return this.#told.size < MAX_REASONS;
  }
}
