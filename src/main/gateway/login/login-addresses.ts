import { type Clock, startTimer, type Timer } from '../../../shared/clock.ts';
import { Shares } from '../shares.ts';
import { OPERATOR } from './access/who-may-log-in.ts';
import { type AddressFacts, OneTimeAddress } from './one-time-address.ts';

/** How long an address is good for. */
const ADDRESS_LIFE_MS = 600_000;

/** An address with less time left is not given out again. */
const LEAST_LEFT_MS = 60_000;

/** Whoever opened an address in a browser that is gone gets another one after this. */
const OPENED_MS = 120_000;

/** Addresses that are good at once, and the part of them that one caller may have. */
const MAX_ADDRESSES = 1_000;
const SHARE_OF_ONE = 0.5;

export interface LoginAddressesOptions {
  readonly clock: Clock;
  /** Whether browsers reach the gateway over https. */
  readonly isSecure: boolean;
  readonly maxAddresses?: number;
  /** The replica of a fleet that has them; null or left out without a fleet. */
  readonly hostId?: string | null;
}

/** The addresses that are good now. One that expires, or is no longer needed, is forgotten. */
export class LoginAddresses {
  readonly #clock: Clock;
  readonly #isSecure: boolean;
  readonly #hostId: string | null;
  readonly #shares: Shares;
  /** The oldest one first. */
  readonly #byId = new Map<string, OneTimeAddress>();
  readonly #expiries = new Map<OneTimeAddress, Timer>();

  constructor({ clock, isSecure, maxAddresses = MAX_ADDRESSES, hostId = null }: LoginAddressesOptions) {
    this.#hostId = hostId;
    this.#clock = clock;
    this.#isSecure = isSecure;
    this.#shares = new Shares(maxAddresses, SHARE_OF_ONE);
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * The address of this caller for this connector: the one that it has, while that is fresh, or a new one. A caller
   * with too many loses its oldest. Null if there are too many of others.
   */
  get(facts: Omit<AddressFacts, 'expiresAt'>, issuer: string | null): OneTimeAddress | null {
    const nowMs = this.#clock.now();
    const known = this.all().find((address) => isFresh(address, facts, nowMs));
    if (known !== undefined) {
      known.issuer ??= issuer;
      return known;
    }
    const { principal } = facts;
    if (!this.#shares.has(principal)) this.#removeOldestOf(principal);
    if (!this.#shares.has(principal)) return null;
    const expiresAt = nowMs + ADDRESS_LIFE_MS;
    const address = new OneTimeAddress({ ...facts, expiresAt }, issuer, this.#isSecure, this.#hostId);
    this.#byId.set(address.id, address);
    this.#shares.take(principal);
    this.#expiries.set(
      address,
      startTimer(ADDRESS_LIFE_MS, () => this.end(address, false)),
    );
    return address;
  }

  /** Undefined for one that never was, is used or has expired. */
  find(id: string): OneTimeAddress | undefined {
    const address = this.#byId.get(id);
    return address === undefined || address.facts.expiresAt <= this.#clock.now() ? undefined : address;
  }

  /** The address whose browser was sent to an issuer with this `state`. */
  ofState(state: string): OneTimeAddress | undefined {
    const address = this.all().find(({ started }) => started?.state === state);
    return address === undefined ? undefined : this.find(address.id);
  }

  all(): readonly OneTimeAddress[] {
    return [...this.#byId.values()];
  }

  /** Forgets an address, and tells who waits for it whether the login came about. Idempotent. */
  end(address: OneTimeAddress, isDone: boolean): void {
    if (this.#byId.delete(address.id)) this.#shares.give(address.facts.principal);
    this.#expiries.get(address)?.cancel();
    this.#expiries.delete(address);
    address.settle(isDone);
  }

  close(): void {
    for (const address of this.all()) this.end(address, false);
  }

  #removeOldestOf(principal: string): void {
    const oldest = this.all().find(({ facts }) => facts.principal === principal);
    if (oldest !== undefined) this.end(oldest, false);
  }
}

function isFresh(address: OneTimeAddress, asked: Omit<AddressFacts, 'expiresAt'>, nowMs: number): boolean {
  const { facts, openedAt, isDone } = address;
  const isSame =
    facts.connectorId === asked.connectorId &&
    facts.principal === asked.principal &&
    facts.askedBy === asked.askedBy &&
    facts.isStepUp === asked.isStepUp;
  // The operator's button opens its address at once, perhaps in another browser than the last time.
  const isAbandoned = openedAt !== null && (facts.principal === OPERATOR || nowMs - openedAt > OPENED_MS);
  // A login that came about may be refused by the server at once, and then the next one needs an address of its own.
  return isSame && !isDone && !isAbandoned && facts.expiresAt - nowMs > LEAST_LEFT_MS;
}
