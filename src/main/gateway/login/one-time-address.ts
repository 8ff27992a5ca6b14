import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { StartedLogin } from '../../connectors/credentials/logins/login-service.ts';
import { cookieName, cookiesOf, setCookie } from './access/cookies.ts';
import { ownerSuffix } from './login-owners.ts';

/** What an address was made for. */
export interface AddressFacts {
  readonly connectorId: string;
  /** Whether the connector is up, and the login is for more rights alone. */
  readonly isStepUp: boolean;
  /** Who got it, as `Exchange.principal`. */
  readonly principal: string;
  /** Who asks, for people: the name of a client, in quotation marks, or the gateway's own page. */
  readonly askedBy: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** How many times one address may lead to an issuer: people go back, or are refused and try again. */
const MAX_STARTS = 10;

/**
 * One address for one login in one browser. The first browser that opens it gets a cookie; the page, the way to the
 * issuer and the way back need that cookie.
 */
export class OneTimeAddress {
  /** The secret part of the address: 32 random bytes; in a fleet its replica, too. */
  readonly id: string;
  readonly elicitationId: string = randomUUID();
  readonly facts: AddressFacts;
  /** What the forms of its page carry. */
  readonly formToken: string = randomBytes(32).toString('base64url');
  readonly finished: Promise<boolean>;
  readonly #settled = Promise.withResolvers<boolean>();
  readonly #listeners = new Map<object, () => void>();
  readonly #isSecure: boolean;
  readonly #cookie: string;
  #digest: Buffer | null = null;
  #starts = 0;
  /** Whether the login came about; those who wait hear of it once the connector is up. */
  isDone = false;
  /** The issuer that its page names; null until it is known. */
  issuer: string | null;
  /** The login that its browser was sent to; null before, and after it failed. */
  started: StartedLogin | null = null;
  /** The preparation of a login that is under way: whoever presses the button twice is sent to one issuer once. */
  starting: Promise<StartedLogin> | null = null;
  /** Epoch ms; null until a browser opened it. */
  openedAt: number | null = null;

  /** `hostId`: the replica of a fleet that has it; null without a fleet. */
  constructor(facts: AddressFacts, issuer: string | null, isSecure: boolean, hostId: string | null = null) {
    const owner = ownerSuffix(hostId);
    this.id = randomBytes(32).toString('base64url') + owner;
    this.facts = facts;
    this.issuer = issuer;
    this.#isSecure = isSecure;
    // Several logins may be under way in one browser. The cookie's name tells nothing about the address.
    this.#cookie = cookieName(`switchyard-login-${randomBytes(6).toString('hex')}${owner}`, isSecure);
    this.finished = this.#settled.promise;
  }

  /** Binds the address to the browser that opens it first; the value of `Set-Cookie`. Null if a browser has it. */
  open(nowMs: number): string | null {
    if (this.#digest !== null) return null;
    const value = randomBytes(32).toString('base64url');
    this.#digest = hash('sha256', value, 'buffer');
    this.openedAt = nowMs;
    const maxAgeS = Math.max(1, Math.ceil((this.facts.expiresAt - nowMs) / 1000));
    return setCookie(this.#cookie, value, { sameSite: 'Lax', isSecure: this.#isSecure, maxAgeS });
  }

  /** Whether these are the cookies of the browser that opened it. */
  isOpenedBy(cookies: string | undefined): boolean {
    const digest = this.#digest;
    if (digest === null) return false;
    return cookiesOf(cookies, this.#cookie).some((value) => timingSafeEqual(hash('sha256', value, 'buffer'), digest));
  }

  /** Whether a form came from its page. */
  isFormToken(token: string | null): boolean {
    return timingSafeEqual(hash('sha256', token ?? '', 'buffer'), hash('sha256', this.formToken, 'buffer'));
  }

  /** Counts one way to the issuer; false if there were too many. */
  countStart(): boolean {
    this.#starts += 1;
    return this.#starts <= MAX_STARTS;
  }

  /** Removes the cookie: the value of `Set-Cookie`. */
  removeCookie(): string {
    return setCookie(this.#cookie, '', { sameSite: 'Lax', isSecure: this.#isSecure, maxAgeS: 0 });
  }

  /** Calls `listener` once after the login; `client` registers at most once. */
  tell(client: object, listener: () => void): void {
    this.#listeners.set(client, listener);
  }

  /** Ends it: `isDone` after a login, false once it is void. Idempotent. */
  settle(isDone: boolean): void {
    this.#settled.resolve(isDone);
    if (isDone) for (const listener of this.#listeners.values()) listener();
    this.#listeners.clear();
  }
}
