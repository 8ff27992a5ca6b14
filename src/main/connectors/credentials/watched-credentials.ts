import { type Challenge, type Credentials, NO_CREDENTIALS, type Sending, type Verdict } from './credentials.ts';

/**
 * Credentials that report whether a request is waiting for them. While a request waits, the server must not count as
 * silent, because there is nothing that it could respond to.
 */
class WatchedCredentials implements Credentials {
  readonly #credentials: Credentials;
  #waits = 0;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Whether a request waits for headers, or for a verdict on its refusal. */
  get isAwaited(): boolean {
    return this.#waits > 0;
  }

  headers(signal: AbortSignal | null, sending: Sending): readonly string[] | Promise<readonly string[]> {
    const headers = this.#credentials.headers(signal, sending);
    return headers instanceof Promise ? this.#watch(headers) : headers;
  }

  refused(challenge: Challenge, sent: readonly string[], signal: AbortSignal | null): Promise<Verdict> {
    return this.#watch(this.#credentials.refused(challenge, sent, signal));
  }

  async #watch<T>(work: Promise<T>): Promise<T> {
    this.#waits += 1;
    try {
      return await work;
    } finally {
      this.#waits -= 1;
    }
  }
}

/** Returns the credentials to use during a handshake, and whether a request waits for them. */
export function watched(credentials: Credentials): {
  readonly credentials: Credentials;
  readonly isAwaited: () => boolean;
} {
  if (credentials === NO_CREDENTIALS) return { credentials, isAwaited: () => false };
  const own = new WatchedCredentials(credentials);
  return { credentials: own, isAwaited: () => own.isAwaited };
}
