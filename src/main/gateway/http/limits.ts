/** What clients may ask of a listener. */
export interface ListenerLimits {
  readonly maxBodyBytes: number;
  /** Bytes of the bodies of all requests that are being read, of which one of several tokens may use half. */
  readonly maxBodiesBytes: number;
  readonly maxSessions: number;
  readonly sessionIdleMs: number;
  /** Requests that are served at once. */
  readonly maxConcurrent: number;
  /** Streams of notices that are open at once. */
  readonly maxStreams: number;
  readonly maxConnections: number;
  /** For a request to come in whole, its body included. */
  readonly requestTimeoutMs: number;
}

/** Where a gateway listens by default, on loopback. */
export const DEFAULT_PORT = 3737;

/** What a gateway bears by default: a host with some hundred clients. */
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

/** The part of a limit that one token may use if there are several; a single caller may use all of it. */
const SHARE_OF_ONE = 0.5;

/** The part of each limit that one caller may use. */
export function shareOfCaller(tokenCount: number): number {
  return tokenCount > 1 ? SHARE_OF_ONE : 1;
}
