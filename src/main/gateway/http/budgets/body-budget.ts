import { Chain, type ChainEntry } from '../../../../shared/chain.ts';
import { monotonicMs } from '../../../../shared/clock.ts';
import { Shares } from '../../shares.ts';

/**
 * A body that arrives more slowly than this, or not at all for this long, may be abandoned to make room for another
 * body.
 */
const SLOW_BYTES_PER_MS = 256;
const REST_MS = 1_000;

/** A request body that is being read. */
export interface BodyUnderWay extends Disposable {
  /** Counts bytes that have arrived. Returns false if there is no room for them. */
  add(bytes: number): boolean;
}

interface Body {
  readonly caller: string;
  readonly startedMs: number;
  readonly onGivenUp: () => void;
  bytes: number;
  lastMs: number;
  /** Entry of this body in the list of bodies; null until the body has been added. */
  entry: ChainEntry | null;
}

/**
 * Limits the bytes of all bodies that are being read, in total and per caller. Only bytes that have arrived count. If
 * there is no room for more bytes, the slowest body of one caller is abandoned, provided that it is slow. If the caller
 * that needs room has used up its own share, it loses one of its own bodies. Otherwise, the caller with the most bytes
 * loses one.
 */
export class BodyBudget {
  readonly #shares: Shares;
  readonly #bodies = new Chain<Body>();

  constructor(maxBytes: number, share: number) {
    this.#shares = new Shares(maxBytes, share);
  }

  /** Number of bytes of all bodies that are held now. */
  get bytes(): number {
    return this.#shares.total;
  }

  /**
   * Starts counting a body. `onGivenUp` is called if the body has to make room for another body. The caller must then
   * drop the bytes of this body.
   */
  open(caller: string, onGivenUp: () => void): BodyUnderWay {
    const now = monotonicMs();
    const body: Body = { caller, startedMs: now, onGivenUp, bytes: 0, lastMs: now, entry: null };
    body.entry = this.#bodies.add(body);
    return {
      add: (bytes) => this.#add(body, bytes),
      [Symbol.dispose]: () => this.#close(body),
    };
  }

  #add(body: Body, bytes: number): boolean {
    if (body.entry?.isIn !== true) return false;
    body.lastMs = monotonicMs();
    while (!this.#shares.has(body.caller, bytes)) {
      const slow = this.#slowest(body, bytes);
      if (slow === null) return false;
      this.#close(slow);
      slow.onGivenUp();
    }
    body.bytes += bytes;
    this.#shares.take(body.caller, bytes);
    return true;
  }

  #close(body: Body): void {
    if (body.entry?.remove() === true) this.#shares.give(body.caller, body.bytes);
  }

  /** Returns the body that makes room for other bodies; null if no body is slow. */
  #slowest(asking: Body, bytes: number): Body | null {
    const isOwn = !this.#shares.hasShare(asking.caller, bytes);
    const caller = isOwn ? asking.caller : this.#shares.byAmount()[0];
    const now = monotonicMs();
    let slowest: Body | null = null;
    let least = SLOW_BYTES_PER_MS;
    for (const body of this.#bodies.values()) {
      if (body === asking || body.caller !== caller || body.bytes === 0) continue;
      const ageMs = now - body.startedMs;
      if (ageMs < REST_MS) continue;
      const speed = now - body.lastMs >= REST_MS ? -(now - body.lastMs) : body.bytes / ageMs;
      if (speed >= least) continue;
      least = speed;
      slowest = body;
    }
    return slowest;
  }
}
