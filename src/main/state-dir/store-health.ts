import { asSwitchyardError, type SwitchyardError } from '../../shared/errors.ts';
import type { Logger } from '../observability/logger.ts';

/** Remembers whether the store works. Logs a failure once. */
export class StoreHealth {
  readonly stateDir: string;
  readonly #logger: Logger;
  #failure: SwitchyardError | null = null;
  #isClosing = false;

  constructor(stateDir: string, logger: Logger) {
    this.stateDir = stateDir;
    this.#logger = logger;
  }

  get failure(): SwitchyardError | null {
    return this.#failure;
  }

  /** Records that the store is about to close. Operations that closing interrupts are not treated as failures. */
  closing(): void {
    this.#isClosing = true;
  }

  failed(error: unknown): void {
    if (this.#isClosing) return;
    const known = this.#failure;
    this.#failure = asSwitchyardError(error, 'STORE_UNAVAILABLE');
    const { code, message } = this.#failure;
    if (known?.code === code) return;
    this.#logger.warn(
      { event: 'store-failed', code, stateDir: this.stateDir, err: this.#failure },
      `Nothing is stored for the next start: ${message}`,
    );
  }

  works(): void {
    this.#failure = null;
  }

  damaged(what: string): void {
    this.#logger.warn(
      { event: 'store-damaged', code: 'STORE_CORRUPT', stateDir: this.stateDir },
      `${what} fails its checksum and is ignored`,
    );
  }
}
