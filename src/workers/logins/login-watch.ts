import { startTimer, type Timer } from '../../shared/clock.ts';

/** How often the file is looked at while somebody watches. */
const POLL_MS = 250;

/** What is stored could not be read. Whoever is told so asks, and gets the error. */
const UNREADABLE = 'unreadable';

/** Looks again and again whether what is stored is still what its caller knows. It keeps no process running. */
export class LoginWatch {
  readonly #version: () => string | null;
  readonly #known: () => string | null;
  readonly #onChange: () => void;
  /** What `onChange` was called for last. */
  #told: string | null | undefined;
  #timer: Timer | null = null;

  /** `version`: of what is stored now, null for nothing; it may throw. `known`: of what the caller has read. */
  constructor(version: () => string | null, known: () => string | null, onChange: () => void) {
    this.#version = version;
    this.#known = known;
    this.#onChange = onChange;
    this.#timer = startTimer(POLL_MS, () => this.#look());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    const version = this.#read();
    // What was told once and not read since need not be told again.
    if (version !== this.#known() && version !== this.#told) {
      this.#told = version;
      this.#onChange();
    } else if (version === this.#known()) this.#told = undefined;
    if (this.#timer !== null) this.#timer = startTimer(POLL_MS, () => this.#look());
  }

  #read(): string | null {
    try {
      return this.#version();
    } catch {
      return UNREADABLE;
    }
  }
}
