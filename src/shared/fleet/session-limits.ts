const HOUR_MS = 3_600_000;

/** How long a sealed session id can be opened after it was made. */
export const SESSION_MAX_AGE_MS = 24 * HOUR_MS;

/** Clocks of replicas may be an hour fast or slow, so that two of them differ by two hours, with some room beyond. */
export const CLOCK_TOLERANCE_MS = 2.5 * HOUR_MS;

/** After that long no replica opens an id any more, whatever the clocks say. */
export const SESSION_ID_LIFE_MS = SESSION_MAX_AGE_MS + 2 * CLOCK_TOLERANCE_MS;

/** What changes about a session is kept that long after the last replica read or wrote it. */
export const SESSION_STATE_IDLE_MS = 30 * 60_000;

/**
 * The end of a session is kept that long for replicas that start later; those that run remember it by themselves. It
 * is not kept for the whole life of the id: clients that open and end sessions all the time would fill the server.
 */
export const SESSION_END_KEPT_MS = 2 * HOUR_MS;

/** Resources that one client may watch. */
export const MAX_WATCHED = 100;

/** A longer URI is not shared among replicas, and so cannot be watched at all. */
export const MAX_WATCHED_URI_LENGTH = 2_048;
