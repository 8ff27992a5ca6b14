import { hash } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import type { FleetLoginRow } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Logger } from '../../observability/logger.ts';

/**
 * How long a row that does not open is left to the host that refreshes its login: it may be sealed with a secret that
 * this host gets a little later.
 */
const LEAVE_MS = 15_000;

/** So many are remembered; there are no more unless somebody makes them up. */
const MAX_ROWS = 1_000;

/** The rows of the fleet that this host could not open. */
export class RefusedRows {
  readonly #logger: Logger;
  readonly #rows = new Map<string, { readonly digest: string; readonly sinceMs: number }>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether this very row has not opened for so long that it may be replaced. */
  note({ rowId, bytes }: FleetLoginRow): boolean {
    const digest = hash('sha256', bytes);
    const known = this.#rows.get(rowId);
    if (known?.digest === digest) return monotonicMs() - known.sinceMs > LEAVE_MS;
    if (known === undefined) {
      const message = 'A login of the fleet does not open, and counts as absent: it is damaged, or of another secret';
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
