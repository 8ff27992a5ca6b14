/** How long after it was asked for a permit may be used. The counters look back so much further than a window. */
export const PERMIT_HOLD_MS = 1_000;

/** How long a lease lasts after it was last asked for. */
export const LEASE_MS = 10_000;
