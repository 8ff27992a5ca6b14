import { asSwitchyardError, type SwitchyardError } from '../../shared/errors.ts';
import type { Logger } from '../observability/logger.ts';

/** Whether the store works; says once when it no longer does. */
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

  /** The store is about to close: what is cut off by that is no failure. */
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
      `Nothing is remembered over restarts: ${message}`,
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
