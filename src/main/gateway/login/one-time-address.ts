import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { StartedLogin } from '../../connectors/credentials/logins/login-service.ts';
import { cookieName, cookiesOf, setCookie } from './access/cookies.ts';
import { ownerSuffix } from './login-owners.ts';

/** What an address is for, and who got it. */
export interface AddressFacts {
  readonly connectorId: string;
  /** Whether the connector is up, and the login is only for more rights. */
  readonly isStepUp: boolean;
  /** Principal that got the address, as in `Exchange.principal`. */
  readonly principal: string;
  /**
   * The requester, in the words that the page shows: the name of a client in quotation marks, or the gateway's own
   * page.
   */
  readonly askedBy: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** Maximum number of times that one address may lead to an issuer. Users may go back, or be refused and try again. */
const MAX_STARTS = 10;

/**
 * Address for one login in one browser. The first browser that opens it gets a cookie. The page, the redirect to the
 * issuer and the redirect back need that cookie.
 */
export class OneTimeAddress {
  /** Secret part of the address: 32 random bytes, and in a fleet the replica's id. */
  readonly id: string;
  readonly elicitationId: string = randomUUID();
  readonly facts: AddressFacts;
  /** Token in the forms of the page. */
  readonly formToken: string = randomBytes(32).toString('base64url');
  readonly finished: Promise<boolean>;
  readonly #settled = Promise.withResolvers<boolean>();
  readonly #listeners = new Map<object, () => void>();
  readonly #isSecure: boolean;
  readonly #cookie: string;
  #digest: Buffer | null = null;
  #starts = 0;
  /** Whether the login is done. Listeners are notified once the connector is up. */
  isDone = false;
  /** Issuer that the page shows; null while unknown. */
  issuer: string | null;
  /** Login for which the browser was sent to the issuer; null before the start and after a failure. */
  started: StartedLogin | null = null;
  /** The start of a login that is in progress; null otherwise. Pressing the button again waits for this start. */
  starting: Promise<StartedLogin> | null = null;
  /** Epoch ms; null until a browser opens the address. */
  openedAt: number | null = null;

  /** `hostId` is the id of the replica that holds the address; null without a fleet. */
  constructor(facts: AddressFacts, issuer: string | null, isSecure: boolean, hostId: string | null = null) {
    const owner = ownerSuffix(hostId);
    this.id = randomBytes(32).toString('base64url') + owner;
    this.facts = facts;
    this.issuer = issuer;
    this.#isSecure = isSecure;
    // Several logins may be in progress in one browser. The cookie's name reveals nothing about the address.
    this.#cookie = cookieName(`switchyard-login-${randomBytes(6).toString('hex')}${owner}`, isSecure);
    this.finished = this.#settled.promise;
  }

  /**
   * Binds the address to the first browser that opens it. Returns the value of `Set-Cookie`, or null if the address is
   * already bound.
   */
  open(nowMs: number): string | null {
    if (this.#digest !== null) return null;
    const value = randomBytes(32).toString('base64url');
    this.#digest = hash('sha256', value, 'buffer');
    this.openedAt = nowMs;
    const maxAgeS = Math.max(1, Math.ceil((this.facts.expiresAt - nowMs) / 1000));
    return setCookie(this.#cookie, value, { sameSite: 'Lax', isSecure: this.#isSecure, maxAgeS });
  }

  /** True if these are the cookies of the browser that opened the address. */
  isOpenedBy(cookies: string | undefined): boolean {
    const digest = this.#digest;
    if (digest === null) return false;
    return cookiesOf(cookies, this.#cookie).some((value) => timingSafeEqual(hash('sha256', value, 'buffer'), digest));
  }

  /** True if a form came from the address's page. */
  isFormToken(token: string | null): boolean {
    return timingSafeEqual(hash('sha256', token ?? '', 'buffer'), hash('sha256', this.formToken, 'buffer'));
  }

  /** Counts one redirect to the issuer. Returns false if the limit is exceeded. */
  countStart(): boolean {
    this.#starts += 1;
    return this.#starts <= MAX_STARTS;
  }

  /** Returns the value of `Set-Cookie` that removes the cookie. */
  removeCookie(): string {
    return setCookie(this.#cookie, '', { sameSite: 'Lax', isSecure: this.#isSecure, maxAgeS: 0 });
  }

  /** Calls `listener` once after the login. Each `client` has at most one listener. */
  tell(client: object, listener: () => void): void {
    this.#listeners.set(client, listener);
  }

  /** Ends the address: `isDone` is true after a login, and false if the address is no longer valid. Idempotent. */
  settle(isDone: boolean): void {
    this.#settled.resolve(isDone);
    if (isDone) for (const listener of this.#listeners.values()) listener();
    this.#listeners.clear();
  }
}
