/**
 * How long a host may use a permit after it requested the permit. The server counts each permit for the quota's window
 * plus this time.
 */
export const PERMIT_HOLD_MS = 1_000;

/** How long a lease lasts after its holder last renewed it. */
export const LEASE_MS = 10_000;
