import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../../../shared/clock.ts';
import type { FleetSealer } from '../../../../shared/fleet/fleet-sealer.ts';
import { cookieName, cookiesOf, setCookie } from './cookies.ts';

/** Time for which an operator stays signed in. */
const SESSION_S = 12 * 3600;

/** Maximum number of browsers that are signed in; the least recently used one is signed out first. */
const MAX_SESSIONS = 100;

const NAME = 'switchyard-operator';

/** Maximum number of cookies with this name that are checked in one request. */
const MAX_COOKIES = 4;

export interface OperatorSessionsOptions {
  readonly ttlMs?: number;
  readonly clock?: Clock;
  /**
   * In a fleet, a session is stored in its cookie, encrypted for the replicas with the same operator token. Null
   * without a fleet.
   */
  readonly shared?: { readonly sealer: FleetSealer; readonly operatorToken: string } | null;
}

/**
 * Browsers in which the operator has signed in. A session ends after twelve hours, or when the process ends. In a
 * fleet, where all replicas know the session, it ends after twelve hours, or when the operator token changes.
 */
export class OperatorSessions {
  /** Sessions by digest of the cookie, so that the time of a look-up reveals nothing about the cookie. */
  readonly #sessions: LRUCache<string, true>;
  readonly #isSecure: boolean;
  readonly #shared: OperatorSessionsOptions['shared'];
  readonly #clock: Clock;
  readonly #ttlMs: number;
  /** Sessions of the fleet that were ended at this replica, by digest of the cookie. */
  readonly #ended = new LRUCache<string, true>({ max: MAX_SESSIONS });

  constructor(isSecure: boolean, options: OperatorSessionsOptions = {}) {
    const { ttlMs = SESSION_S * 1000, clock = systemClock, shared = null } = options;
    this.#isSecure = isSecure;
    this.#shared = shared;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#sessions = new LRUCache({ max: MAX_SESSIONS, ttl: ttlMs });
  }

  /** Starts a session. Returns the value of `Set-Cookie` for it. */
  begin(): string {
    const value = this.#create();
    const traits = { sameSite: 'Strict', isSecure: this.#isSecure, maxAgeS: SESSION_S } as const;
    return setCookie(cookieName(NAME, this.#isSecure), value, traits);
  }

  /** Returns the digest of the cookie with a valid session; null without a session. The digest is not a secret. */
  find(cookies: string | undefined): string | null {
    if (cookies === undefined) return null;
    const digests = cookiesOf(cookies, cookieName(NAME, this.#isSecure)).map((value) => hash('sha256', value));
    return digests.find((digest) => this.#sessions.has(digest)) ?? this.#findSealed(cookies);
  }

  /** Ends the sessions of a request. Returns the value of `Set-Cookie` that removes the cookie. */
  end(cookies: string | undefined): string {
    const name = cookieName(NAME, this.#isSecure);
    for (const value of cookiesOf(cookies, name)) {
      this.#sessions.delete(hash('sha256', value));
      if (this.#shared != null) this.#ended.set(hash('sha256', value), true);
    }
    return setCookie(name, '', { sameSite: 'Strict', isSecure: this.#isSecure, maxAgeS: 0 });
  }

  #create(): string {
    if (this.#shared != null) {
      const until = `${this.#clock.now() + this.#ttlMs} ${randomBytes(16).toString('base64url')}`;
      return this.#shared.sealer.seal('session', this.#place(), Buffer.from(until)).toString('base64url');
    }
    const value = randomBytes(32).toString('base64url');
    this.#sessions.set(hash('sha256', value), true);
    return value;
  }

  #findSealed(cookies: string): string | null {
    if (this.#shared == null) return null;
    for (const value of cookiesOf(cookies, cookieName(NAME, this.#isSecure)).slice(0, MAX_COOKIES)) {
      const until = this.#shared.sealer.open('session', this.#place(), Buffer.from(value, 'base64url'));
      const digest = hash('sha256', value);
      const isGood = until !== null && Number.parseInt(until.toString(), 10) > this.#clock.now();
      if (isGood && !this.#ended.has(digest)) return digest;
    }
    return null;
  }

  /**
   * Returns the context to which encrypted sessions are bound. It depends on the operator token, so that a changed
   * token ends all sessions.
   */
  #place(): string {
    return `operator ${hash('sha256', `mcp-switchyard operator ${this.#shared?.operatorToken ?? ''}`)}`;
  }
}
