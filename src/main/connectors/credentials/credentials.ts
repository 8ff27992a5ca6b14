import type { SwitchyardError } from '../../../shared/errors.ts';

/** An answer that refuses the credentials of a request. */
export interface Challenge {
  readonly status: 401 | 403;
  /** The values of `WWW-Authenticate`, joined with ", "; null without any. */
  readonly wwwAuthenticate: string | null;
  /** The value of `DPoP-Nonce`; null without one. */
  readonly dpopNonce: string | null;
  /** The address that the request went to. */
  readonly url: URL;
  readonly method: string;
  /** How often this request was sent again before, because of a refusal. */
  readonly resends: number;
}

/** A request that is about to be sent. */
export interface Sending {
  readonly method: string;
  readonly url: URL;
}

/** What to do after a refusal. */
export type Verdict =
  /** Send the request once more, with what {@link Credentials.headers} gives now. */
  | { readonly kind: 'retry' }
  /** Nothing can be done before a person acts. `error` is CONNECTOR_LOGIN_NEEDED, or a LOGIN_… code. */
  | { readonly kind: 'login'; readonly error: SwitchyardError }
  /** The credentials are wrong; `hint` says what else there is to do, as a sentence for people. */
  | { readonly kind: 'refused'; readonly hint: string | null };

/**
 * The credentials of one connector, under every HTTP transport: a fixed key, a login, or a function of the host. The
 * exchange (`exchange/http-exchange.ts`) asks for headers before each request and tells of each 401 and 403. It sends
 * a request at most twice more: once after a refresh, once after a step-up.
 */
export interface Credentials {
  /** Names and values in turn. A promise only where something has to be awaited; most never need one. */
  headers(signal: AbortSignal | null, sending: Sending): readonly string[] | Promise<readonly string[]>;
  /**
   * `sent` are the headers that {@link headers} gave for the refused request. Never rejects, but with the signal's
   * reason.
   */
  refused(challenge: Challenge, sent: readonly string[], signal: AbortSignal | null): Promise<Verdict>;
}

/** No credentials at all. */
export const NO_CREDENTIALS: Credentials = {
  headers: () => [],
  refused: async () => ({ kind: 'refused', hint: null }),
};
