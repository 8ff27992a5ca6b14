import type { Random, Timer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { FleetMapKeys } from '../../../shared/fleet/fleet-keys.ts';
import type { Redis, RedisReply } from '../redis.ts';
import { RELEASE_LEASE, RENEW_LEASE, TAKE_LEASE } from './map-scripts.ts';
import type { MapTime } from './map-time.ts';

/** Time for which the server keeps a lease that is not renewed. */
const LEASE_MS = 1_500;
/**
 * Time after sending a renewal during which the host still acts as leader. The host must be silent before another host
 * can lead.
 */
const SAFE_MS = 1_300;
const RENEW_MS = 500;
/** Period over which hosts that want the lease spread their tries. */
const CHANCE_MS = 500;
/** Delay after a try that failed in transit. */
const RETRY_MS = 1_000;
/** Delay after a try that the server refused, for example for lack of a permission or of memory. */
const REFUSED_RETRY_MS = 5_000;

/** A lease that this host holds. */
export interface HeldLease {
  /** Value of the lease's key: host id and fence. */
  readonly token: string;
  readonly fence: number;
}

/** What a renewal publishes, and which body it checks. */
export interface LeaseBeat {
  /** Message of the beat; '' for none. */
  readonly text: string;
  readonly bodyKey: string;
  readonly wantsDigest: boolean;
}

/** The state that a renewal found in Redis. */
export interface RenewedState {
  readonly head: string;
  /** Length in bytes; -1 if there is no body. */
  readonly bodyLength: number;
  /** SHA-1 of the sealed body, hex; '' if none was requested. */
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
  /** Called when the server refused a command. */
  readonly onRefused: (error: unknown) => void;
}

/**
 * One host's side of the lease of a map: when the host tries to take the lease, how it renews the lease, and until when
 * it may act. That time is counted on a monotonic clock, from just before a renewal is sent.
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
  /** Earliest time of the next try after this host stepped down. */
  #notBeforeMs = 0;

  constructor(deps: LeaseDeps) {
    this.#deps = deps;
  }

  /**
   * Returns the lease while this host may act under it. A process that was paused learns here that its lease has
   * expired.
   */
  current(): HeldLease | null {
    if (this.#held !== null && this.#deps.time.nowMs() >= this.#held.untilMs) this.#lose();
    return this.#held;
  }

  /** Records that another host leads. This host does not try before the lease of that host has expired. */
  heard(): void {
    if (this.#held === null) this.#schedule(LEASE_MS + this.#deps.random.next() * CHANCE_MS, true);
  }

  /** Schedules a try within `ms`, because there is no leader. */
  tryWithin(ms: number): void {
    if (this.#held === null) this.#schedule(ms === 0 ? 0 : this.#deps.random.next() * ms, false);
  }

  /** Records that the connection was established or lost. A held lease is kept for as long as that is safe. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (isConnected) return;
    this.#next?.timer.cancel();
    this.#next = null;
  }

  /** Records that the lease belongs to another host, as the server reported. */
  fenced(lease: HeldLease): void {
    if (this.#held?.token === lease.token) this.#lose();
  }

  /** Releases the lease, and does not try again for `restMs`. Resolves once the other hosts are notified. */
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
      // Another host holds the lease. Each beat of that host postpones the next try; if the host is dead, its lease
      // expires.
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
      // The answer came too late to act under the lease, which expires by itself.
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
    // The timer never fires before the lease lapses; `current` decides whether it has lapsed.
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
        // The server was flushed, so there is no leader.
        if (head === 0) this.tryWithin(0);
        return;
      }
      this.#held.untilMs = sentAtMs + SAFE_MS;
      if (this.current() === null) return;
      this.#armLapse();
      this.#deps.onRenewed({ head: String(head), bodyLength: Number(bodyLength), bodySha1: String(bodySha1) });
    } catch (error) {
      // Either the next renewal comes in time, or the lease expires.
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
