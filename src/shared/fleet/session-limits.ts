const HOUR_MS = 3_600_000;

/** How long an encrypted session id can be decrypted after it was created. */
export const SESSION_MAX_AGE_MS = 24 * HOUR_MS;

/**
 * Maximum difference between the clocks of two replicas. Each clock may be an hour fast or slow, so two clocks may
 * differ by two hours. The rest is a margin.
 */
export const CLOCK_TOLERANCE_MS = 2.5 * HOUR_MS;

/** Time after which no replica accepts a session id any more, even if clocks differ by the allowed maximum. */
export const SESSION_ID_LIFE_MS = SESSION_MAX_AGE_MS + 2 * CLOCK_TOLERANCE_MS;

/** How long the changing state of a session is kept after the last replica read or wrote it. */
export const SESSION_STATE_IDLE_MS = 30 * 60_000;

/**
 * How long the fleet's Redis server stores that a session has ended. Replicas that start later read this record, and
 * running replicas remember the end in memory. The record is removed before the session id becomes invalid, because
 * clients that open and end many sessions would otherwise fill the server.
 */
export const SESSION_END_KEPT_MS = 2 * HOUR_MS;

/** Maximum number of resources that one client may watch. */
export const MAX_WATCHED = 100;

/** Maximum length of a URI that a client can watch. Longer URIs are refused, because replicas do not share them. */
export const MAX_WATCHED_URI_LENGTH = 2_048;
