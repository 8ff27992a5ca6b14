/** Limits of a listener. */
export interface ListenerLimits {
  /** Maximum bytes of one request body. */
  readonly maxBodyBytes: number;
  /** Maximum bytes of all request bodies that are being read. With several tokens, each token may use half of them. */
  readonly maxBodiesBytes: number;
  /** Maximum number of sessions of legacy clients. */
  readonly maxSessions: number;
  /** Time without a request after which a session is closed. */
  readonly sessionIdleMs: number;
  /** Maximum number of requests that are served at the same time. */
  readonly maxConcurrent: number;
  /** Maximum number of open notification streams. */
  readonly maxStreams: number;
  /** Maximum number of open connections. */
  readonly maxConnections: number;
  /** Time for a request to arrive completely, including its body. */
  readonly requestTimeoutMs: number;
}

/** Default port of a gateway, on loopback. */
export const DEFAULT_PORT = 3737;

/** Default limits, meant for a host with a few hundred clients. */
export const DEFAULT_LIMITS: ListenerLimits = {
  maxBodyBytes: 4 * 1024 * 1024,
  maxBodiesBytes: 16 * 1024 * 1024,
  maxSessions: 1_000,
  sessionIdleMs: 30 * 60_000,
  maxConcurrent: 512,
  maxStreams: 1_000,
  maxConnections: 4_096,
  requestTimeoutMs: 30_000,
};

/**
 * Fraction of a limit that one token may use if there are several tokens. If there is only one caller, it may use the
 * whole limit.
 */
const SHARE_OF_ONE = 0.5;

/** Returns the fraction of each limit that one caller may use. */
export function shareOfCaller(tokenCount: number): number {
  return tokenCount > 1 ? SHARE_OF_ONE : 1;
}
