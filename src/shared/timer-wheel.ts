import { Chain, type ChainEntry } from './chain.ts';

/** A Node.js timer, as `setTimeout` returns it. */
interface ProcessTimer {
  ref(): unknown;
  unref(): unknown;
}

/** Time source of a {@link TimerWheel}. */
export interface WheelTime {
  /** Returns milliseconds of a monotonic clock. */
  now(): number;
  /** Sets a Node.js timer. */
  start(callback: () => void, ms: number): ProcessTimer;
  stop(timer: ProcessTimer): void;
  /**
   * Returns the function that currently sets timers. If a test has installed fake timers, this is another function than
   * before, and timers that were set earlier may never fire.
   */
  source(): unknown;
}

/**
 * A timer of a {@link TimerWheel}. `cancel()` may be called repeatedly, and has no effect after the timer has fired.
 */
interface WheelTimer {
  cancel(): void;
}

/** Empty buckets are removed when their number exceeds this plus half the number of all buckets. */
const SPARE_BUCKETS = 1_024;

/**
 * Runs many timers on one Node.js timer. All timers of a bucket fire at the same tick. A timer never fires early. It
 * fires late by at most one tick plus the delay of the event loop. Cancelling takes O(1), and so does adding to an
 * existing bucket. The process wakes up only for ticks that have timers.
 */
export class TimerWheel {
  readonly tickMs: number;
  readonly #time: WheelTime;
  readonly #buckets = new Map<number, Chain<Entry>>();
  /** The ticks of all buckets as a binary heap, with the earliest tick first. */
  #ticks: number[] = [];
  #emptyCount = 0;
  #size = 0;
  #keepAliveCount = 0;
  #timer: ProcessTimer | null = null;
  /** The tick that the Node.js timer is set for. */
  #dueTick = Number.POSITIVE_INFINITY;
  #source: unknown = null;

  constructor(tickMs: number, time: WheelTime) {
    this.tickMs = tickMs;
    this.#time = time;
  }

  /** Number of pending timers. */
  get size(): number {
    return this.#size;
  }

  /**
   * Calls `callback` once after `ms` milliseconds or slightly later. The process may exit before that, unless
   * `keepAlive` is true.
   */
  add(ms: number, callback: () => void, keepAlive = false): WheelTimer {
    const tick = Math.ceil((this.#time.now() + ms) / this.tickMs);
    const bucket = this.#buckets.get(tick) ?? this.#open(tick);
    if (bucket.size === 0) this.#emptyCount -= 1;
    const entry = new Entry(this, bucket, callback, keepAlive);
    this.#size += 1;
    if (tick < this.#dueTick || this.#source !== this.#time.source()) this.#arm();
    if (keepAlive) {
      this.#keepAliveCount += 1;
      if (this.#keepAliveCount === 1) this.#timer?.ref();
    }
    return entry;
  }

  /** Must be called after a timer was removed from its bucket. */
  removed(entry: Entry, bucket: Chain<Entry>): void {
    this.#size -= 1;
    if (entry.keepAlive) {
      this.#keepAliveCount -= 1;
      if (this.#keepAliveCount === 0) this.#timer?.unref();
    }
    if (this.#size === 0) {
      this.#reset();
      return;
    }
    if (bucket.size > 0) return;
    this.#emptyCount += 1;
    if (this.#emptyCount > SPARE_BUCKETS + this.#buckets.size / 2) this.#dropEmpty();
  }

  /** Stops the Node.js timer and drops all buckets, because no timer is pending. */
  #reset(): void {
    if (this.#timer !== null) this.#time.stop(this.#timer);
    this.#timer = null;
    this.#dueTick = Number.POSITIVE_INFINITY;
    this.#buckets.clear();
    this.#ticks = [];
    this.#emptyCount = 0;
  }

  #open(tick: number): Chain<Entry> {
    const bucket = new Chain<Entry>();
    this.#buckets.set(tick, bucket);
    push(this.#ticks, tick);
    this.#emptyCount += 1;
    return bucket;
  }

  /** Sets the Node.js timer for the earliest tick that has timers. */
  #arm(): void {
    if (this.#timer !== null) this.#time.stop(this.#timer);
    this.#timer = null;
    this.#dueTick = Number.POSITIVE_INFINITY;
    for (let [tick] = this.#ticks; tick !== undefined; [tick] = this.#ticks) {
      if (this.#buckets.get(tick)?.size !== 0) break;
      this.#drop();
    }
    const [tick] = this.#ticks;
    if (tick === undefined) return;
    this.#dueTick = tick;
    this.#source = this.#time.source();
    // Rounds up, because a Node.js timer may fire slightly early.
    const ms = Math.ceil(tick * this.tickMs - this.#time.now());
    this.#timer = this.#time.start(() => this.#fire(), Math.max(1, ms));
    if (this.#keepAliveCount === 0) this.#timer.unref();
  }

  #fire(): void {
    this.#timer = null;
    const nowTick = Math.floor(this.#time.now() / this.tickMs);
    try {
      for (let [tick] = this.#ticks; tick !== undefined && tick <= nowTick; [tick] = this.#ticks) {
        const bucket = this.#buckets.get(tick);
        // One of these callbacks may cancel another timer of the bucket. The cancelled timer does not fire.
        for (const entry of bucket?.values() ?? []) entry.fire();
        if (this.#ticks[0] === tick && bucket?.size === 0) this.#drop();
      }
    } finally {
      this.#arm();
    }
  }

  /** Drops the earliest bucket, which is empty. */
  #drop(): void {
    this.#buckets.delete(pop(this.#ticks));
    this.#emptyCount -= 1;
  }

  #dropEmpty(): void {
    for (const [tick, { size }] of this.#buckets) if (size === 0) this.#buckets.delete(tick);
    this.#emptyCount = 0;
    // A sorted list is also a valid binary heap.
    this.#ticks = [...this.#buckets.keys()].sort((a, b) => a - b);
  }
}

class Entry implements WheelTimer {
  readonly keepAlive: boolean;
  readonly #wheel: TimerWheel;
  readonly #callback: () => void;
  readonly #bucket: Chain<Entry>;
  readonly #place: ChainEntry;

  constructor(wheel: TimerWheel, bucket: Chain<Entry>, callback: () => void, keepAlive: boolean) {
    this.#wheel = wheel;
    this.#bucket = bucket;
    this.#callback = callback;
    this.keepAlive = keepAlive;
    this.#place = bucket.add(this);
  }

  cancel(): void {
    if (this.#place.remove()) this.#wheel.removed(this, this.#bucket);
  }

  fire(): void {
    if (!this.#place.isIn) return;
    this.cancel();
    this.#callback();
  }
}

/** Adds a number to a binary heap. */
function push(heap: number[], value: number): void {
  let at = heap.length;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const other = heap[above] ?? 0;
    if (other <= value) break;
    heap[at] = other;
    at = above;
  }
  heap[at] = value;
}

/** Removes the smallest number from a binary heap, which must not be empty. */
function pop(heap: number[]): number {
  const least = heap[0] ?? 0;
  const value = heap.pop() ?? 0;
  if (heap.length === 0) return least;
  let at = 0;
  while (true) {
    const left = 2 * at + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const below = (heap[right] ?? Number.POSITIVE_INFINITY) < (heap[left] ?? 0) ? right : left;
    const other = heap[below] ?? 0;
    if (other >= value) break;
    heap[at] = other;
    at = below;
  }
  heap[at] = value;
  return least;
}
