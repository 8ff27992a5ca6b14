import { monotonicMs } from '../../../../shared/clock.ts';
import { Shares } from '../../shares.ts';

/** A body that is slower than this, or at rest for so long, may be given up for another. */
const SLOW_BYTES_PER_MS = 256;
const REST_MS = 1_000;

/** A body of a request that is being read. */
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
}

/**
 * Limits the bytes of all bodies that are being read, and those of one caller. Bytes count once they have arrived. When
 * there is no room, the slowest body of the caller that holds most is given up, if it is slow at all.
 */
export class BodyBudget {
  readonly #shares: Shares;
  readonly #bodies = new Set<Body>();

  constructor(maxBytes: number, share: number) {
    this.#shares = new Shares(maxBytes, share);
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#shares.total;
  }

  /** Begins to count a body. `onGivenUp` is called if it has to make room: nothing of it may be kept then. */
  open(caller: string, onGivenUp: () => void): BodyUnderWay {
    const now = monotonicMs();
    const body: Body = { caller, startedMs: now, onGivenUp, bytes: 0, lastMs: now };
    this.#bodies.add(body);
    return {
      add: (bytes) => this.#add(body, bytes),
      [Symbol.dispose]: () => this.#close(body),
    };
  }

  #add(body: Body, bytes: number): boolean {
    if (!this.#bodies.has(body)) return false;
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
    if (this.#bodies.delete(body)) this.#shares.give(body.caller, body.bytes);
  }

  /** The body that makes room for others; null if none is slow. */
  #slowest(asking: Body, bytes: number): Body | null {
    const isOwn = !this.#shares.hasShare(asking.caller, bytes);
    const caller = isOwn ? asking.caller : this.#shares.byAmount()[0];
    const now = monotonicMs();
    let slowest: Body | null = null;
    let least = SLOW_BYTES_PER_MS;
    for (const body of this.#bodies) {
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
