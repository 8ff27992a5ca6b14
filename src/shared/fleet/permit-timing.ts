/** How long a permit may be used after it was requested. The counters look back this much further than their window. */
export const PERMIT_HOLD_MS = 1_000;

/** How long a lease lasts after it was last renewed. */
export const LEASE_MS = 10_000;
