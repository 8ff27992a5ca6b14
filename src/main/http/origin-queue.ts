import { monotonicMs, nextTurn, startTimer, type Timer } from '../../shared/clock.ts';

/** A request that is sent in parallel with the main request. It may be obsolete by the time it could be sent. */
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
  /** The connection is established. */
  started(): void;
  /** The head of the response has arrived. */
  answered(isClosing: boolean): void;
  /** The first bytes of the response have arrived, and usually all of them: the connection is about to become free. */
  arriving(): void;
  /** The connection is free, once undici has released it. Idempotent. */
  ended(): void;
  /** The connection is occupied permanently, or was lost. Idempotent. */
  left(): void;
}

/**
 * Bounds of the time that a request waits for a connection, in milliseconds. Between these bounds, the request waits as
 * long as a new connection would take. While the limit of requests in flight is reached, the request waits until no
 * other request has ended for the time of the upper bound. So the limit is exceeded only if responses do not arrive.
 */
const MIN_PATIENCE_MS = 100;
const MAX_PATIENCE_MS = 1_000;

/** A connection that takes less time than this is opened without waiting for a busy connection. */
const CHEAP_CONNECT_MS = 10;

interface Waiting {
  readonly request: QueuedRequest;
  readonly sinceMs: number;
  timer: Timer;
}

/** State of a request in flight: its response has not begun, is arriving, has ended, or stays open as a stream. */
type Phase = 'sent' | 'arriving' | 'ended' | 'lingering';

/**
 * Queues the requests that connect connectors of one origin, in order. A request that follows another request reuses
 * its connection. undici releases a connection some turns of the event loop after the end of a response. A request that
 * does not wait for the release would get a new connection. A request that arrives while all connections are busy gets
 * a new connection only if that is quicker than waiting.
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
  /** Time when the last request ended. */
  #overMs = 0;
  /**
   * Whether a request waited without success for a response that was arriving. If so, the server keeps streams open.
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
    // A side request that came first must not get the connection of its main request.
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
    // undici opens the second connection to a TLS server only when it knows from the first whether the server supports
    // HTTP/2.
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

  /** Returns how much longer a request should wait when its timer fires; 0 or less if it should not wait. */
  #restMs({ sinceMs }: Waiting): number {
    const phases = [...this.#phases.values()];
    // A connection becomes free within a few turns of the event loop.
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
        // Other requests may have waited to learn how long a connection takes.
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
