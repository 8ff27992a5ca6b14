import { hash } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import type { FleetLoginRow } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Logger } from '../../observability/logger.ts';

/**
 * How long only the home of a login (the host that refreshed it last) may replace a row that cannot be decrypted.
 * During this time, this host may still get the secret of the row.
 */
const LEAVE_MS = 15_000;

/** Maximum number of rows in memory. A real fleet has fewer. */
const MAX_ROWS = 1_000;

/** The rows of the fleet that this host could not decrypt. */
export class RefusedRows {
  readonly #logger: Logger;
  readonly #rows = new Map<string, { readonly digest: string; readonly sinceMs: number }>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Records that a row could not be decrypted. Returns whether this has lasted so long that the row may be replaced.
   */
  note({ rowId, bytes }: FleetLoginRow): boolean {
    const digest = hash('sha256', bytes);
    const known = this.#rows.get(rowId);
    if (known?.digest === digest) return monotonicMs() - known.sinceMs > LEAVE_MS;
    if (known === undefined) {
      const message = 'A login of the fleet is ignored, because it is damaged or was encrypted with another secret';
      this.#logger.warn({ event: 'fleet-login-refused', rowId }, message);
    }
    if (this.#rows.size >= MAX_ROWS) this.#rows.clear();
    this.#rows.set(rowId, { digest, sinceMs: monotonicMs() });
    return false;
  }

  forget(rowId: string): void {
    this.#rows.delete(rowId);
  }
}
