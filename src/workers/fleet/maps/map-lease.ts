import type { Random, Timer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { FleetMapKeys } from '../../../shared/fleet/fleet-keys.ts';
import type { Redis, RedisReply } from '../redis.ts';
import { RELEASE_LEASE, RENEW_LEASE, TAKE_LEASE } from './map-scripts.ts';
import type { MapTime } from './map-time.ts';

/** How long the Redis server keeps a lease that is not renewed, in milliseconds. */
const LEASE_MS = 1_500;
/**
 * How long a host acts as leader after it sent a renewal. This is shorter than the lease, so that the host stops before
 * another host can lead.
 */
const SAFE_MS = 1_300;
const RENEW_MS = 500;
/** Hosts that want the lease try to get it at random times within this period. */
const CHANCE_MS = 500;
/** Delay after an attempt whose command or answer was lost. */
const RETRY_MS = 1_000;
/** Delay after an attempt that the Redis server refused, for example because a permission or memory is missing. */
const REFUSED_RETRY_MS = 5_000;

/** A lease that this host has. */
export interface HeldLease {
  /** Value of the lease's key: the host id and the fence, a number that grows with each new lease. */
  readonly token: string;
  readonly fence: number;
}

/** The heartbeat message that a renewal of the lease publishes, and the body that the renewal checks. */
export interface LeaseBeat {
  /** The message that is published; '' for none. */
  readonly text: string;
  readonly bodyKey: string;
  readonly wantsDigest: boolean;
}

/** The state in Redis when the lease was renewed. */
export interface RenewedState {
  readonly head: string;
  /** Length of the stored body in bytes; -1 if there is no body. */
  readonly bodyLength: number;
  /** SHA-1 (hex) of the sealed body; '' if it was not requested. */
  readonly bodySha1: string;
}

interface LeaseDeps {
  readonly redis: Pick<Redis, 'run'>;
  readonly keys: Pick<FleetMapKeys, 'lease' | 'fence' | 'head' | 'news'>;
  readonly hostId: string;
  readonly time: MapTime;
  readonly random: Random;
  readonly beat: () => LeaseBeat;
  readonly onTaken: (lease: HeldLease) => void;
  readonly onRenewed: (state: RenewedState) => void;
  /** Called when this host stops leading, before another host can lead. */
  readonly onLost: () => void;
  /** Called when the Redis server refused a command. */
  readonly onRefused: (error: unknown) => void;
}

/**
 * Gets, renews and releases the lease of a map for one host. Also decides until when the host may act as leader. This
 * time is measured on a monotonic clock, from just before a renewal is sent.
 */
export class MapLease {
  readonly #deps: LeaseDeps;
  #held: (HeldLease & { untilMs: number }) | null = null;
  #renewal: Timer | null = null;
  #lapse: Timer | null = null;
  #isRenewing = false;
  #next: { readonly atMs: number; readonly timer: Timer } | null = null;
  #isTrying = false;
  #isConnected = false;
  #isClosed = false;
  /** Earliest time of the next attempt after this host stepped down. */
  #notBeforeMs = 0;

  constructor(deps: LeaseDeps) {
    this.#deps = deps;
  }

  /**
   * Returns the lease while this host may act as leader. If the process was suspended, this call notices that the lease
   * has expired.
   */
  current(): HeldLease | null {
    if (this.#held !== null && this.#deps.time.nowMs() >= this.#held.untilMs) this.#lose();
    return this.#held;
  }

  /** Records that another host leads. This host does not try to get the lease before that lease has expired. */
  heard(): void {
    if (this.#held === null) this.#schedule(LEASE_MS + this.#deps.random.next() * CHANCE_MS, true);
  }

  /** Tries to get the lease at a random time within `ms`, because there is no leader. */
  tryWithin(ms: number): void {
    if (this.#held === null) this.#schedule(ms === 0 ? 0 : this.#deps.random.next() * ms, false);
  }

  /**
   * Records that the connection was established or lost. The lease of this host, if it has one, stays valid until it
   * expires.
   */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (isConnected) return;
    this.#next?.timer.cancel();
    this.#next = null;
  }

  /** Records that the lease belongs to another host, as the Redis server reported. */
  fenced(lease: HeldLease): void {
    if (this.#held?.token === lease.token) this.#lose();
  }

  /** Releases the lease, and does not try to get it again for `restMs`. Resolves once the other hosts are notified. */
  async stepDown(restMs: number): Promise<void> {
    this.#notBeforeMs = this.#deps.time.nowMs() + restMs;
    const held = this.#held;
    if (held === null) return;
    this.#lose();
    const { redis, keys } = this.#deps;
    await redis.run(RELEASE_LEASE, keys.lease, held.token, keys.news);
  }

  /** Releases the lease permanently. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#next?.timer.cancel();
    this.#next = null;
    await this.stepDown(0);
  }

  #schedule(ms: number, isLaterFine: boolean): void {
    if (!this.#isConnected || this.#isClosed) return;
    const { time } = this.#deps;
    const atMs = Math.max(time.nowMs() + ms, this.#notBeforeMs);
    if (this.#next !== null && !isLaterFine && this.#next.atMs <= atMs) return;
    this.#next?.timer.cancel();
    const timer = time.startTimer(Math.max(0, atMs - time.nowMs()), () => {
      this.#next = null;
      void this.#try();
    });
    this.#next = { atMs, timer };
  }

  async #try(): Promise<void> {
    if (this.#isTrying || this.#held !== null || this.#isClosed) return;
    this.#isTrying = true;
    const { redis, keys, hostId, time, random } = this.#deps;
    const sentAtMs = time.nowMs();
    try {
      const [isTaken, number] = listOf(
        await redis.run(TAKE_LEASE, keys.lease, keys.fence, hostId, LEASE_MS, keys.news),
      );
      // Another host has the lease. Each heartbeat of that host postpones the next attempt. If the host is dead, its
      // lease expires.
      if (isTaken !== 1) this.#schedule(Math.max(0, Number(number)) + random.next() * (CHANCE_MS / 5), false);
      else this.#take(Number(number), sentAtMs);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isTrying = false;
    }
  }

  #failed(error: unknown): void {
    const isRefused = codeOf(error) === 'FLEET_REFUSED';
    if (isRefused) this.#deps.onRefused(error);
    const ms = isRefused ? REFUSED_RETRY_MS : RETRY_MS;
    this.#schedule(ms + this.#deps.random.next() * ms, false);
  }

  #take(fence: number, sentAtMs: number): void {
    const held = { token: `${this.#deps.hostId}:${fence}`, fence, untilMs: sentAtMs + SAFE_MS };
    if (this.#isClosed || this.#deps.time.nowMs() >= held.untilMs) {
      // The answer came too late to act as leader. The lease expires without being used.
      this.#schedule(LEASE_MS, false);
      return;
    }
    this.#held = held;
    this.#next?.timer.cancel();
    this.#next = null;
    this.#armLapse();
    this.#armRenewal();
    this.#deps.onTaken(held);
  }

  #armRenewal(): void {
    this.#renewal = this.#deps.time.startTimer(RENEW_MS, () => {
      this.#armRenewal();
      void this.#renew();
    });
  }

  #armLapse(): void {
    this.#lapse?.cancel();
    if (this.#held === null) return;
    const leftMs = this.#held.untilMs - this.#deps.time.nowMs();
    // The timer may only fire when the lease has expired on the monotonic clock, which `current` checks.
    this.#lapse = this.#deps.time.startTimer(Math.max(0, Math.ceil(leftMs)), () => {
      if (this.current() !== null) this.#armLapse();
    });
  }

  async #renew(): Promise<void> {
    const held = this.current();
    if (held === null || this.#isRenewing) return;
    this.#isRenewing = true;
    const { redis, keys, time, beat } = this.#deps;
    const sentAtMs = time.nowMs();
    const { text, bodyKey, wantsDigest } = beat();
    const names = [keys.lease, keys.head, bodyKey];
    try {
      const reply = await redis.run(RENEW_LEASE, ...names, held.token, LEASE_MS, keys.news, text, wantsDigest ? 1 : 0);
      const [isMine, head, bodyLength, bodySha1] = listOf(reply);
      if (this.#held?.token !== held.token) return;
      if (isMine !== 1) {
        this.#lose();
        // The lease no longer exists, for example because all data was deleted, so there is no leader.
        if (head === 0) this.tryWithin(0);
        return;
      }
      this.#held.untilMs = sentAtMs + SAFE_MS;
      if (this.current() === null) return;
      this.#armLapse();
      this.#deps.onRenewed({ head: String(head), bodyLength: Number(bodyLength), bodySha1: String(bodySha1) });
    } catch (error) {
      // Either a later renewal succeeds in time, or the lease expires.
      if (codeOf(error) === 'FLEET_REFUSED') this.#deps.onRefused(error);
    } finally {
      this.#isRenewing = false;
    }
  }

  #lose(): void {
    this.#held = null;
    this.#renewal?.cancel();
    this.#lapse?.cancel();
    this.#deps.onLost();
    this.heard();
  }
}

function listOf(reply: RedisReply): readonly RedisReply[] {
  return Array.isArray(reply) ? reply : [];
}
