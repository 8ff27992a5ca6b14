import { monotonicMs, nextTurn, startTimer, type Timer } from '../../shared/clock.ts';

/** A request that goes beside the one that matters, and that may no longer be wanted by the time it could be sent. */
export interface SideRequest {
  /** Set by whoever no longer wants it. */
  isGivenUp: boolean;
  /** Whether its first byte was sent. */
  isSent: boolean;
}

/** One request to an origin. */
export interface QueuedRequest {
  /** Null for one that matters. */
  readonly side: SideRequest | null;
  readonly send: (progress: Progress) => void;
  /** It was given up before it was sent. */
  readonly drop: () => void;
}

/** Told how a request that was sent gets on. */
export interface Progress {
  /** Its connection is there. */
  started(): void;
  /** The head of its answer is there. */
  answered(isClosing: boolean): void;
  /** The first bytes of its answer are there, and mostly all of them: its connection is about to come free. */
  arriving(): void;
  /** Its connection is free, once undici has taken it up again. Idempotent. */
  ended(): void;
  /** Its connection is taken for good, or was lost. Idempotent. */
  left(): void;
}

/**
 * How long a request waits for a connection at most, in milliseconds: as long as a new connection would take, within
 * these bounds. Where no more may be under way, it waits until none of them has ended for as long as the last of these
 * bounds: only answers that stay away have it go beyond the limit.
 */
const MIN_PATIENCE_MS = 100;
const MAX_PATIENCE_MS = 1_000;

/** Below this, making a connection is not worth waiting. */
const CHEAP_CONNECT_MS = 10;

interface Waiting {
  readonly request: QueuedRequest;
  readonly sinceMs: number;
  timer: Timer;
}

/** A request under way: its answer has not begun, is arriving, has ended, or goes on for ever. */
type Phase = 'sent' | 'arriving' | 'ended' | 'lingering';

/**
 * The requests that bring connectors of one origin up, in the order in which they were asked for. One that follows
 * another gets its connection: undici takes a connection up again some turns after the answer that was its last, and
 * would make a new one for a request that does not wait for that. One that comes while all connections are busy gets
 * a new one only if that is quicker than waiting.
 */
export class OriginQueue {
  readonly #isTls: boolean;
  readonly #mostAtOnce: () => number;
  readonly #waiting: Waiting[] = [];
  readonly #phases = new Map<symbol, Phase>();
  /** Connections that were made, as far as is known. */
  #open = 0;
  /** How long the quickest connection took, and the last answer; null before the first. */
  #connectMs: number | null = null;
  #answerMs: number | null = null;
  /** When a request was last over. */
  #overMs = 0;
  /** Whether a request waited in vain for an answer that was arriving: the server keeps streams open. */
  #hasLingered = false;

  /** `mostAtOnce` says how many requests may be under way. */
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
    this.#waiting.push(waiting);
    this.pump();
  }

  /** Sends what may be sent now, in order. */
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
    if (active < this.#open || active === 0) return true;
    // undici makes the second connection to a TLS server when it knows from the first whether that takes HTTP/2.
    if (side !== null && this.#isTls && this.#connectMs === null) return false;
    if (this.#ending() > 0) return false;
    if (this.#connectMs === null || this.#answerMs === null || this.#connectMs < CHEAP_CONNECT_MS) return true;
    return this.#connectMs < this.#answerMs * Math.ceil(this.#waiting.length / active);
  }

  /** How many connections are about to come free. */
  #ending(): number {
    let count = 0;
    for (const phase of this.#phases.values())
      if (phase === 'ended' || (phase === 'arriving' && !this.#hasLingered)) count += 1;
    return count;
  }

  #patienceMs(): number {
    return Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, this.#connectMs ?? 0));
  }

  /** For how long one that has lost its patience waits all the same; 0 or less for no longer. */
  #restMs({ sinceMs }: Waiting): number {
    const phases = [...this.#phases.values()];
    // A connection comes free within turns.
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
        // Others may have waited to know what a connection costs.
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
