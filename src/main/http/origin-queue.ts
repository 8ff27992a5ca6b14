import { monotonicMs, nextTurn, startTimer, type Timer } from '../../shared/clock.ts';

/**
 * A request that is sent in parallel with the main request. It may no longer be needed when its turn to be sent comes.
 */
export interface SideRequest {
  /** Set by the sender once it no longer needs the request. */
  isGivenUp: boolean;
  /** Whether its first byte was sent. */
  isSent: boolean;
}

/** One request to an origin. */
export interface QueuedRequest {
  /** The state of a side request; null for a main request. */
  readonly side: SideRequest | null;
  readonly send: (progress: Progress) => void;
  /** Called if the request was abandoned before it was sent. */
  readonly drop: () => void;
}

/** Receives the progress of a request that was sent. */
export interface Progress {
  /** Called when the connection is established. */
  started(): void;
  /**
   * Called when the head of the response has arrived. `isClosing` is true if the server closes the connection
   * afterwards.
   */
  answered(isClosing: boolean): void;
  /**
   * Called when the first bytes of the response have arrived. Usually all bytes have arrived by then, so the connection
   * is about to become free.
   */
  arriving(): void;
  /** Called when the response has ended. The connection is free once undici has released it. Idempotent. */
  ended(): void;
  /** Called when the connection is occupied permanently, or was lost. Idempotent. */
  left(): void;
}

/**
 * Minimum and maximum time that a request waits for a connection, in milliseconds. Within these bounds, it waits as
 * long as opening a connection takes. If the maximum number of requests is in flight, it waits until no request has
 * ended for `MAX_PATIENCE_MS`. So this maximum is exceeded only if responses do not end.
 */
const MIN_PATIENCE_MS = 100;
const MAX_PATIENCE_MS = 1_000;

/** If opening a connection takes less time than this, a request does not wait for a busy connection. */
const CHEAP_CONNECT_MS = 10;

interface Waiting {
  readonly request: QueuedRequest;
  readonly sinceMs: number;
  timer: Timer;
}

/** State of a request in flight: its response has not begun, is arriving, has ended, or stays open as a stream. */
type Phase = 'sent' | 'arriving' | 'ended' | 'lingering';

/**
 * Queues the requests that connect the connectors of one origin, in order, and lets them reuse connections. undici
 * releases a connection some turns of the event loop after a response has ended. A request that does not wait for this
 * release would open a new connection. If all connections are busy, a new connection is opened only if that is quicker
 * than waiting.
 */
export class OriginQueue {
  readonly #isTls: boolean;
  readonly #mostAtOnce: () => number;
  readonly #waiting: Waiting[] = [];
  readonly #phases = new Map<symbol, Phase>();
  /** Number of open connections, as far as known. */
  #open = 0;
  /** Time that the quickest connection took; null before the first connection. */
  #connectMs: number | null = null;
  /** Time that the last response took; null before the first response. */
  #answerMs: number | null = null;
  /** Time when the last request ended, in monotonic milliseconds. */
  #overMs = 0;
  /**
   * Whether a response that was arriving did not end while a request waited for it. If so, the server keeps streams
   * open.
   */
  #hasLingered = false;

  /** `mostAtOnce` returns how many requests may be in flight. */
  constructor(isTls: boolean, mostAtOnce: () => number) {
    this.#isTls = isTls;
    this.#mostAtOnce = mostAtOnce;
  }

  get isIdle(): boolean {
    return this.#phases.size === 0 && this.#waiting.length === 0;
  }

  add(request: QueuedRequest): void {
    const patienceMs = this.#patienceMs();
    const onTimer = (): void => this.#losePatience(waiting);
    const waiting: Waiting = { request, sinceMs: monotonicMs(), timer: startTimer(patienceMs, onTimer) };
    // A main request goes first. Otherwise, a side request that was added earlier would take the free connection.
    if (request.side === null && this.#phases.size === 0) this.#waiting.unshift(waiting);
    else this.#waiting.push(waiting);
    this.pump();
  }

  /** Sends the requests that may be sent now, in order. */
  pump(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { request, timer } = next;
      const isGivenUp = request.side?.isGivenUp === true;
      if (!isGivenUp && !this.#maySend(request)) return;
      this.#waiting.shift();
      timer.cancel();
      if (isGivenUp) request.drop();
      else this.#send(request);
    }
  }

  #maySend({ side }: QueuedRequest): boolean {
    const active = this.#phases.size;
    if (active >= this.#mostAtOnce()) return false;
    if (active === 0) return side === null;
    if (active < this.#open) return true;
    // undici opens a second connection to a TLS server only after the first connection has shown whether the server
    // supports HTTP/2.
    if (side !== null && this.#isTls && this.#connectMs === null) return false;
    if (this.#ending() > 0) return false;
    if (this.#connectMs === null || this.#answerMs === null || this.#connectMs < CHEAP_CONNECT_MS) return true;
    return this.#connectMs < this.#answerMs * Math.ceil(this.#waiting.length / active);
  }

  /** Returns how many connections are about to become free. */
  #ending(): number {
    let count = 0;
    for (const phase of this.#phases.values())
      if (phase === 'ended' || (phase === 'arriving' && !this.#hasLingered)) count += 1;
    return count;
  }

  #patienceMs(): number {
    return Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, this.#connectMs ?? 0));
  }

  /**
   * Returns how much longer a request should wait after its timer has fired. The request should not wait if this is 0
   * or less.
   */
  #restMs({ sinceMs }: Waiting): number {
    const phases = [...this.#phases.values()];
    // A response has ended, so its connection becomes free within a few turns of the event loop.
    if (phases.includes('ended')) return CHEAP_CONNECT_MS;
    if (phases.length < this.#mostAtOnce() || !phases.includes('sent')) return 0;
    return MAX_PATIENCE_MS - (monotonicMs() - Math.max(sinceMs, this.#overMs));
  }

  #losePatience(waiting: Waiting): void {
    const place = this.#waiting.indexOf(waiting);
    if (place < 0) return;
    const restMs = this.#restMs(waiting);
    if (restMs > 0) {
      waiting.timer = startTimer(restMs, () => this.#losePatience(waiting));
      return;
    }
    this.#waiting.splice(place, 1);
    for (const [key, phase] of this.#phases) {
      if (phase !== 'arriving') continue;
      this.#hasLingered = true;
      this.#phases.set(key, 'lingering');
    }
    const { request } = waiting;
    if (request.side === null) this.#send(request);
    else request.drop();
  }

  #send(request: QueuedRequest): void {
    const key = Symbol();
    this.#phases.set(key, 'sent');
    const isNew = this.#phases.size > this.#open;
    if (isNew) this.#open = this.#phases.size;
    const sentMs = monotonicMs();
    let startedMs: number | null = null;
    let isClosing = false;
    const leave = (hasConnection: boolean): void => {
      if (!this.#phases.delete(key)) return;
      this.#overMs = monotonicMs();
      if (!hasConnection) this.#open = Math.max(0, this.#open - 1);
      this.pump();
    };
    const free = async (): Promise<void> => {
      await nextTurn();
      await nextTurn();
      leave(!isClosing);
    };
    request.send({
      started: () => {
        startedMs = monotonicMs();
        if (request.side !== null) request.side.isSent = true;
        const tookMs = startedMs - sentMs;
        if (isNew) this.#connectMs = Math.min(this.#connectMs ?? tookMs, tookMs);
        // Other requests may have waited until it was known how long opening a connection takes.
        this.pump();
      },
      answered: (closes) => {
        isClosing = closes;
        if (startedMs !== null) this.#answerMs = monotonicMs() - startedMs;
      },
      arriving: () => {
        if (this.#phases.get(key) === 'sent') this.#phases.set(key, 'arriving');
      },
      ended: () => {
        if (!this.#phases.has(key) || this.#phases.get(key) === 'ended') return;
        this.#phases.set(key, 'ended');
        void free();
      },
      left: () => {
        if (this.#phases.get(key) !== 'ended') leave(false);
      },
    });
  }
}
