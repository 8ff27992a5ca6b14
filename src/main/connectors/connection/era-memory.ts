import { monotonicMs } from '../../../shared/clock.ts';

/** How long an endpoint that knew the legacy era alone is not asked for the modern one. */
const HORIZON_MS = 600_000;

const MAX_ENDPOINTS = 100_000;

/** The endpoints that are known to be legacy, so that each reconnect need not probe them again (MCP 2026-07-28, versioning). */
export class EraMemory {
  readonly #legacyUntilMs = new Map<string, number>();

  isLegacy(endpoint: string): boolean {
    return (this.#legacyUntilMs.get(endpoint) ?? 0) > monotonicMs();
  }

  noteLegacy(endpoint: string): void {
    if (this.#legacyUntilMs.size >= MAX_ENDPOINTS) this.#legacyUntilMs.clear();
    this.#legacyUntilMs.set(endpoint, monotonicMs() + HORIZON_MS);
  }

  forget(endpoint: string): void {
    this.#legacyUntilMs.delete(endpoint);
  }
}
