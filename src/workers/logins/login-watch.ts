import { startTimer, type Timer } from '../../shared/clock.ts';

/** How often the file is checked while it is watched. */
const POLL_MS = 250;

/** Used as the version if the version cannot be read. The caller is notified, reads the logins, and gets the error. */
const UNREADABLE = 'unreadable';

/**
 * Checks at intervals whether the stored logins still have the version that the caller read last. Does not keep the
 * process running.
 */
export class LoginWatch {
  readonly #version: () => string | null;
  readonly #known: () => string | null;
  readonly #onChange: () => void;
  /** The version for which `onChange` was called last. */
  #told: string | null | undefined;
  #timer: Timer | null = null;

  /**
   * `version` returns the version of the stored logins, or null if nothing is stored. It may throw. `known` returns the
   * version that the caller read last.
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
    // The same change is not reported again until the caller has read it.
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
