import type { Timer } from '../../../shared/clock.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { FleetMapEvent, HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import type { MapTime } from './map-time.ts';

/** If the leader has sent nothing for this long, a host no longer relies on it. */
const SILENCE_MS = 6_000;
/** Minimum interval between two news events to the main thread. Only the latest news is sent. */
const NEWS_PAUSE_MS = 250;
/**
 * The first confirmations of a map, up to this number, are reported immediately, because a mass removal takes effect
 * only after a confirmation. Later confirmations only say that the map stays fresh.
 */
const TOLD_CONFIRMS = 3;
const CONFIRM_PAUSE_MS = 5_000;

interface EarDeps {
  readonly name: string;
  readonly hostId: string;
  readonly time: MapTime;
  readonly emit: (event: FleetMapEvent) => void;
}

/**
 * Receives the messages about a map on one host, and forwards only what the main thread needs. While nothing changes,
 * almost nothing is forwarded.
 */
export class MapEar {
  readonly #deps: EarDeps;
  #state: 'new' | 'heard' | 'alone' = 'new';
  #silence: Timer | null = null;
  #held: HeldMap | null = null;
  #latest: MapHead | null = null;
  #toldSha256: string | null = null;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #pending: { readonly timer: Timer; head: MapHead } | null = null;
  #confirms = { sha256: '', told: 0, highest: 0, atMs: 0 };
  #isClosed = false;

  constructor(deps: EarDeps) {
    this.#deps = deps;
    this.#armSilence();
  }

  get held(): HeldMap | null {
    return this.#held;
  }

  /** The newest head that was received. */
  get latest(): MapHead | null {
    return this.#latest;
  }

  /** Records that a leader is active. */
  beat(): void {
    if (this.#isClosed) return;
    this.#armSilence();
    if (this.#state === 'heard') return;
    this.#state = 'heard';
    this.#deps.emit({ kind: 'map-heard', name: this.#deps.name });
  }

  /**
   * Records that the Redis server cannot be reached. If nothing was received yet, this host stops waiting for a leader.
   */
  unreachable(): void {
    if (this.#state === 'new') this.#alone();
  }

  /** Records which map the main thread uses. */
  hold(held: HeldMap | null): void {
    const isAnother = held?.sha256 !== this.#held?.sha256;
    this.#held = held;
    if (!isAnother) return;
    this.#toldSha256 = null;
    // A head may have arrived while the main thread was busy with this map, so it is handled again.
    const head = this.#pending?.head ?? this.#latest;
    if (head !== null) this.hear(head);
  }

  /** Handles a head that was received in a message or read from Redis. */
  hear(head: MapHead): void {
    if (this.#isClosed) return;
    this.#latest = head;
    const held = this.#held;
    if (held?.sha256 === head.sha256) {
      this.#dropPending();
      this.#toldSha256 = null;
      this.#confirmed(head);
      return;
    }
    // A map that this host published itself is already in use here, and an older map is of no use.
    if (head.by === this.#deps.hostId || (held !== null && head.generatedAtMs < held.generatedAtMs)) return;
    if (this.#pending !== null) this.#pending.head = head;
    else if (this.#toldSha256 !== head.sha256) this.#news(head);
  }

  close(): void {
    this.#isClosed = true;
    this.#silence?.cancel();
    this.#dropPending();
  }

  #news(head: MapHead): void {
    const { time } = this.#deps;
    const waitMs = this.#toldAtMs + NEWS_PAUSE_MS - time.nowMs();
    if (waitMs <= 0) {
      this.#tell(head);
      return;
    }
    const timer = time.startTimer(waitMs, () => {
      const pending = this.#pending;
      this.#pending = null;
      if (pending !== null && pending.head.sha256 !== this.#toldSha256) this.#tell(pending.head);
    });
    this.#pending = { timer, head };
  }

  #tell(head: MapHead): void {
    this.#toldSha256 = head.sha256;
    this.#toldAtMs = this.#deps.time.nowMs();
    this.#deps.emit({ kind: 'map-news', name: this.#deps.name, head });
  }

  #dropPending(): void {
    this.#pending?.timer.cancel();
    this.#pending = null;
  }

  #confirmed(head: MapHead): void {
    const nowMs = this.#deps.time.nowMs();
    const known = this.#confirms;
    if (known.sha256 !== head.sha256) this.#confirms = { sha256: head.sha256, told: 0, highest: 0, atMs: nowMs };
    const confirms = this.#confirms;
    if (head.confirms <= confirms.highest || head.by === this.#deps.hostId) return;
    confirms.highest = head.confirms;
    if (confirms.told >= TOLD_CONFIRMS && nowMs - confirms.atMs < CONFIRM_PAUSE_MS) return;
    confirms.told += 1;
    confirms.atMs = nowMs;
    this.#deps.emit({ kind: 'map-confirmed', name: this.#deps.name, head });
  }

  #armSilence(): void {
    this.#silence?.cancel();
    this.#silence = this.#deps.time.startTimer(SILENCE_MS, () => this.#alone());
  }

  #alone(): void {
    if (this.#isClosed || this.#state === 'alone') return;
    this.#silence?.cancel();
    this.#state = 'alone';
    this.#deps.emit({ kind: 'map-alone', name: this.#deps.name });
  }
}
