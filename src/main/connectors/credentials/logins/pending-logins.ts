import { randomBytes } from 'node:crypto';
import { SwitchyardError } from '../../../../shared/errors.ts';
import type { LoginClient } from '../../../../shared/logins/login-records.ts';
import type { LoginTarget } from '../login-target.ts';
import type { LoginDiscovery } from '../oauth/login-discovery.ts';

/** Time limit for a person to log in. */
export const LOGIN_TTL_MS = 10 * 60_000;

/** Maximum number of logins in progress. If there are more, the oldest is discarded. */
const MAX_PENDING = 1_000;

/** A login for which a person was sent to the issuer. */
export interface PendingLogin {
  readonly target: LoginTarget;
  readonly discovery: LoginDiscovery;
  readonly client: LoginClient;
  readonly redirectUrl: string;
  readonly codeVerifier: string;
  readonly scope: string | null;
  /** Epoch ms. */
  readonly expiresAtMs: number;
}

/** The logins in progress in this process, by their `state` (RFC 6749 section 10.12). */
export class PendingLogins {
  readonly #pending = new Map<string, PendingLogin>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns a `state` that cannot be guessed. */
  static newState(): string {
    return randomBytes(32).toString('base64url');
  }

  add(state: string, login: PendingLogin): void {
    for (const [old, { expiresAtMs }] of this.#pending) {
      if (expiresAtMs > this.#now() && this.#pending.size < MAX_PENDING) break;
      this.#pending.delete(old);
    }
    this.#pending.set(state, login);
  }

  has(state: string | null): boolean {
    return state !== null && this.#pending.has(state);
  }

  /**
   * Returns the login that a redirect belongs to, and removes it, so that no second redirect can finish it. Throws
   * LOGIN_EXPIRED.
   */
  take(state: string | null): PendingLogin {
    const login = state === null ? undefined : this.#pending.get(state);
    if (state !== null) this.#pending.delete(state);
    if (login !== undefined && login.expiresAtMs > this.#now()) return login;
    throw new SwitchyardError(
      'LOGIN_EXPIRED',
      'This redirect belongs to no login in progress. The login may have expired, or may already be finished.',
    );
  }

  clear(): void {
    this.#pending.clear();
  }
}
