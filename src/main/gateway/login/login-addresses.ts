import { type Clock, startTimer, type Timer } from '../../../shared/clock.ts';
import { Shares } from '../shares.ts';
import { OPERATOR } from './access/who-may-log-in.ts';
import { type AddressFacts, OneTimeAddress } from './one-time-address.ts';

/** Lifetime of an address. */
const ADDRESS_LIFE_MS = 600_000;

/** An address is offered again only if it is still valid for at least this time. */
const LEAST_LEFT_MS = 60_000;

/** Time after which an opened address is considered abandoned, so that its caller gets a new address. */
const OPENED_MS = 120_000;

/** Maximum number of valid addresses, and the fraction of these addresses that one caller may have. */
const MAX_ADDRESSES = 1_000;
const SHARE_OF_ONE = 0.5;

export interface LoginAddressesOptions {
  readonly clock: Clock;
  /** Whether browsers reach the gateway over https. */
  readonly isSecure: boolean;
  readonly maxAddresses?: number;
  /** Id of the replica that holds the addresses; null or left out without a fleet. */
  readonly hostId?: string | null;
}

/** Valid one-time addresses. An address that expires, or is no longer needed, is removed. */
export class LoginAddresses {
  readonly #clock: Clock;
  readonly #isSecure: boolean;
  readonly #hostId: string | null;
  readonly #shares: Shares;
  /** Addresses by id, oldest first. */
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
   * Returns the address of this caller for this connector: the existing address while it is fresh, or a new address. A
   * caller with too many addresses loses its oldest address. Null if other callers have too many addresses.
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

  /** Finds a valid address. Undefined if it is unknown, used or expired. */
  find(id: string): OneTimeAddress | undefined {
    const address = this.#byId.get(id);
    return address === undefined || address.facts.expiresAt <= this.#clock.now() ? undefined : address;
  }

  /** Returns the address whose browser was sent to an issuer with this `state`. */
  ofState(state: string): OneTimeAddress | undefined {
    const address = this.all().find(({ started }) => started?.state === state);
    return address === undefined ? undefined : this.find(address.id);
  }

  all(): readonly OneTimeAddress[] {
    return [...this.#byId.values()];
  }

  /** Removes an address, and reports the outcome of the login to its listeners. Idempotent. */
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
  // The operator's button opens its address immediately. A second click may come from another browser, in which an
  // opened address does not work.
  const isAbandoned = openedAt !== null && (facts.principal === OPERATOR || nowMs - openedAt > OPENED_MS);
  // An address with a finished login is not offered again. The connector's server may refuse that login immediately,
  // and the user then needs a new address.
  return isSame && !isDone && !isAbandoned && facts.expiresAt - nowMs > LEAST_LEFT_MS;
}
