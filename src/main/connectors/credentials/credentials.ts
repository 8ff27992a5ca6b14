import type { SwitchyardError } from '../../../shared/errors.ts';

/** A response that refuses the credentials of a request. */
export interface Challenge {
  readonly status: 401 | 403;
  /** The values of `WWW-Authenticate`, joined with ", "; null without the header. */
  readonly wwwAuthenticate: string | null;
  /** The value of `DPoP-Nonce`; null without the header. */
  readonly dpopNonce: string | null;
  /** The address of the request. */
  readonly url: URL;
  readonly method: string;
  /** How often this request was already sent again because of a refusal. */
  readonly resends: number;
}

/** A request that is about to be sent. */
export interface Sending {
  readonly method: string;
  readonly url: URL;
}

/** What to do after a refusal. */
export type Verdict =
  /** Send the request once more, with the current headers of {@link Credentials.headers}. */
  | { readonly kind: 'retry' }
  /** Nothing helps until a person acts. `error` is CONNECTOR_LOGIN_NEEDED, or has a LOGIN_… code. */
  | { readonly kind: 'login'; readonly error: SwitchyardError }
  /** The credentials are wrong; `hint` is a readable sentence of advice. */
  | { readonly kind: 'refused'; readonly hint: string | null };

/**
 * The credentials of one connector, for every HTTP transport: a fixed key, a login by this package, or the host's own
 * login. The exchange (`exchange/http-exchange.ts`) requests headers before each request and reports each 401 and 403.
 * It sends a request again at most twice: once after a refresh, once after a step-up.
 */
export interface Credentials {
  /**
   * Returns the headers to send; names and values alternate. Returns a promise only if it has to wait, which is rare.
   */
  headers(signal: AbortSignal | null, sending: Sending): readonly string[] | Promise<readonly string[]>;
  /**
   * Decides what to do after a request was refused. `sent` holds the headers that {@link headers} returned for that
   * request. Rejects only with the signal's reason.
   */
  refused(challenge: Challenge, sent: readonly string[], signal: AbortSignal | null): Promise<Verdict>;
}

/** No credentials at all. */
export const NO_CREDENTIALS: Credentials = {
  headers: () => [],
  refused: async () => ({ kind: 'refused', hint: null }),
};
