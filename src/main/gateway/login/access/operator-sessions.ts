import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../../../shared/clock.ts';
import type { FleetSealer } from '../../../../shared/fleet/fleet-sealer.ts';
import { cookieName, cookiesOf, setCookie } from './cookies.ts';

/** How long an operator stays signed in. */
const SESSION_S = 12 * 3600;

/** Browsers that are signed in at once; the one that was used least recently is signed out first. */
const MAX_SESSIONS = 100;

const NAME = 'switchyard-operator';

/** Cookies of that name that are tried. */
const MAX_COOKIES = 4;

export interface OperatorSessionsOptions {
  readonly ttlMs?: number;
  readonly clock?: Clock;
  /** In a fleet, a session is in its cookie, sealed for those who have the same operator's token; else null. */
  readonly shared?: { readonly sealer: FleetSealer; readonly operatorToken: string } | null;
}

/**
 * The browsers in which the operator has signed in. A session ends after twelve hours, or with the process; in a fleet,
 * whose replicas all know it, it ends after twelve hours or with the operator's token.
 */
export class OperatorSessions {
  /** By the digest of the cookie, so that how long a look-up takes tells nothing about one. */
  readonly #sessions: LRUCache<string, true>;
  readonly #isSecure: boolean;
  readonly #shared: OperatorSessionsOptions['shared'];
  readonly #clock: Clock;
  readonly #ttlMs: number;
  /** Sealed sessions that were ended here, by the digest of the cookie. */
  readonly #ended = new LRUCache<string, true>({ max: MAX_SESSIONS });

  constructor(isSecure: boolean, options: OperatorSessionsOptions = {}) {
    const { ttlMs = SESSION_S * 1000, clock = systemClock, shared = null } = options;
    this.#isSecure = isSecure;
    this.#shared = shared;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#sessions = new LRUCache({ max: MAX_SESSIONS, ttl: ttlMs });
  }

  /** Begins a session; the value of `Set-Cookie` for it. */
  begin(): string {
    const value = this.#create();
    const traits = { sameSite: 'Strict', isSecure: this.#isSecure, maxAgeS: SESSION_S } as const;
    return setCookie(cookieName(NAME, this.#isSecure), value, traits);
  }

  /** The name of the session that the cookies of a request hold, which is no secret; null without one. */
  find(cookies: string | undefined): string | null {
    if (cookies === undefined) return null;
    const digests = cookiesOf(cookies, cookieName(NAME, this.#isSecure)).map((value) => hash('sha256', value));
    return digests.find((digest) => this.#sessions.has(digest)) ?? this.#findSealed(cookies);
  }

  /** Ends the sessions of a request; the value of `Set-Cookie` that removes the cookie. */
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

  /** Another operator's token has other sessions. */
  #place(): string {
    return `operator ${hash('sha256', `mcp-switchyard operator ${this.#shared?.operatorToken ?? ''}`)}`;
  }
}
