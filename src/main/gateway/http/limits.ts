/** What clients may ask of a listener. */
export interface ListenerLimits {
  readonly maxBodyBytes: number;
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
  maxSessions: 1_000,
  sessionIdleMs: 30 * 60_000,
  maxConcurrent: 512,
  maxStreams: 1_000,
  maxConnections: 4_096,
  requestTimeoutMs: 30_000,
};

/** Counts the open streams of notices, of both eras together. */
export class StreamLimit {
  readonly #max: number;
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place, which is free again when it is disposed of. Null if all are taken. */
  take(): Disposable | null {
    if (this.#open >= this.#max) return null;
    this.#open += 1;
    return {
      [Symbol.dispose]: () => {
        this.#open -= 1;
      },
    };
  }
}
