import { startTimer, type Timer } from '../../shared/clock.ts';

/** How often the file is checked while it is watched. */
const POLL_MS = 250;

/** Stands for a version that could not be read. The notified caller then reads the logins and gets the error. */
const UNREADABLE = 'unreadable';

/**
 * Checks at intervals whether the stored logins match the version that the caller knows. Does not keep the process
 * running.
 */
export class LoginWatch {
  readonly #version: () => string | null;
  readonly #known: () => string | null;
  readonly #onChange: () => void;
  /** Version that `onChange` was last called for. */
  #told: string | null | undefined;
  #timer: Timer | null = null;

  /**
   * `version` returns the version of the stored logins, or null for none; it may throw. `known` returns the version
   * that the caller read last.
   */
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
    // A change is not reported again before the caller has read it.
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
