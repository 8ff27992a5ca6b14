import { type Cancellation, LateSignal } from './cancellation.ts';
import { TimerWheel } from './timer-wheel.ts';

/**
 * The only module that reads a clock, generates random numbers or sets a timer. All other code receives these as
 * parameters, so that tests control time.
 */

/**
 * Wall-clock time, for comparisons with times from outside, such as the expiry of a map. It is not suitable for
 * measuring durations, because the clock can be set back.
 */
export interface Clock {
  /** Returns the current time in epoch milliseconds. */
  now(): number;
}

/** A source of uniformly distributed random numbers. */
export interface Random {
  /** Returns a number from 0 (included) to 1 (excluded). */
  next(): number;
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason if `signal` aborts first. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** A pending timer. `cancel()` may be called repeatedly, and has no effect after the timer has fired. */
export interface Timer {
  cancel(): void;
}

/**
 * The latest instant that a `Date` can hold, in epoch milliseconds. The earliest instant is the same number with a
 * minus sign.
 */
const MAX_EPOCH_MS = 8.64e15;

/**
 * Converts an external NumericDate (seconds since 1970, RFC 7519 section 2) to whole epoch ms. Values outside the range
 * of `Date` become its first or last instant, so that every result can be displayed.
 */
export function epochMsOf(numericDate: number): number {
  return Math.max(-MAX_EPOCH_MS, Math.min(MAX_EPOCH_MS, Math.round(numericDate * 1000)));
}

/** The machine's wall clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** The engine's pseudo-random source. Not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };

/** Returns milliseconds of a monotonic clock. Only differences are meaningful. */
export function monotonicMs(): number {
  return performance.now();
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `callback` once after `ms` milliseconds. The process may exit before that, unless `keepAlive` is true. */
export function startTimer(ms: number, callback: () => void, options: { keepAlive?: boolean } = {}): Timer {
  // If a delay is longer than MAX_TIMER_MS, Node.js fires the timer immediately.
  const handle = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
  if (options.keepAlive !== true) handle.unref();
  return { cancel: () => clearTimeout(handle) };
}

/** Maximum delay with which a coarse timer fires. */
const TICK_MS = 50;

/**
 * Minimum duration of a coarse timer. Firing 50 ms late is at most 5 % of such a duration. Shorter timers are exact.
 */
const COARSE_MS = 1_000;

const wheel = new TimerWheel(TICK_MS, {
  now: monotonicMs,
  start: (callback, ms) => setTimeout(callback, Math.min(ms, MAX_TIMER_MS)),
  stop: (timer) => clearTimeout(timer as NodeJS.Timeout),
  source: () => setTimeout,
});

/**
 * Calls `callback` once after `ms` milliseconds, like {@link startTimer}, but at a lower cost. It is for timers that
 * every call needs and that rarely fire. A timer of at least one second may fire up to 50 ms late, and shorter timers
 * are exact. `callback` must not rely on AsyncLocalStorage.
 */
export function startCoarseTimer(ms: number, callback: () => void, options: { keepAlive?: boolean } = {}): Timer {
  return ms < COARSE_MS ? startTimer(ms, callback, options) : wheel.add(ms, callback, options.keepAlive);
}

/** The default {@link Sleep}. It keeps the process running, because its caller awaits it. */
export const systemSleep: Sleep = (ms, signal) =>
  new Promise<void>((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = startTimer(
      ms,
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      { keepAlive: true },
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });

/** Resolves in the next turn of the event loop, after pending I/O. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A cancellation that is linked to other cancellations. When the work is over, dispose of this cancellation to remove
 * its listeners from the others.
 */
export class LinkedSignal extends LateSignal implements Disposable {
  /** Removes the listeners from the linked cancellations. Idempotent. */
  unlink(): void {}

  [Symbol.dispose](): void {
    this.unlink();
  }
}

/**
 * Creates a cancellation that aborts when any of `parents` aborts, with the same reason. {@link LinkedSignal.unlink}
 * removes its listeners from the parents. AbortSignal.any cannot be unlinked.
 */
export function linkSignals(...parents: readonly (Cancellation | undefined)[]): LinkedSignal {
  return new Link(parents);
}

class Link extends LinkedSignal {
  readonly #parents: readonly (Cancellation | undefined)[];

  constructor(parents: readonly (Cancellation | undefined)[]) {
    super();
    this.#parents = parents;
    for (const parent of parents) parent?.addEventListener('abort', this.#onAbort, { once: true });
    if (parents.some((parent) => parent?.aborted)) this.#onAbort();
  }

  readonly #onAbort = (): void => this.abort(this.#parents.find((parent) => parent?.aborted)?.reason);

  override unlink(): void {
    for (const parent of this.#parents) parent?.removeEventListener('abort', this.#onAbort);
  }
}

/** How late a timer must fire to show that the event loop was blocked, and not that a remote party was slow. */
const STARVED_MS = 100;

/** Maximum time by which a deadline is postponed to process input that arrived while the event loop was blocked. */
const MAX_CATCH_UP_MS = 1_000;

/**
 * Creates a cancellation that aborts with `reason()` after `ms` milliseconds, or when `parent` aborts. In the second
 * case, the reason is that of `parent`, converted by `inherit`. If the event loop was blocked past the deadline,
 * pending input is read before the abort. That takes as long as the event loop was blocked, but at most 1 s.
 * AbortSignal.timeout is not used, because callers need an error with their own code as the reason.
 */
export function deadline(
  ms: number,
  reason: () => Error,
  parent?: Cancellation,
  inherit: (reason: unknown) => unknown = (given) => given,
): LinkedSignal {
  return new Deadline({ ms, reason, parent, inherit, start: startTimer, graceMs: STARVED_MS });
}

/** Creates a {@link deadline} with a {@link startCoarseTimer}: deadlines of one second or more may be 50 ms late. */
export function coarseDeadline(
  ms: number,
  reason: () => Error,
  parent: Cancellation | undefined,
  inherit: (reason: unknown) => unknown,
): LinkedSignal {
  return new Deadline({ ms, reason, parent, inherit, start: startCoarseTimer, graceMs: STARVED_MS + TICK_MS });
}

interface DeadlineParts {
  readonly ms: number;
  readonly reason: () => Error;
  readonly parent: Cancellation | undefined;
  readonly inherit: (reason: unknown) => unknown;
  readonly start: typeof startTimer;
  readonly graceMs: number;
}

class Deadline extends LinkedSignal {
  readonly #parts: DeadlineParts;
  readonly #dueMs: number;
  #timer: Timer;

  constructor(parts: DeadlineParts) {
    super();
    this.#parts = parts;
    const { ms, parent, start } = parts;
    this.#dueMs = monotonicMs() + ms;
    this.#timer = start(ms, this.#onTimer, { keepAlive: true });
    if (parent?.aborted) this.#onParent();
    else parent?.addEventListener('abort', this.#onParent, { once: true });
  }

  override unlink(): void {
    this.#timer.cancel();
    this.#parts.parent?.removeEventListener('abort', this.#onParent);
  }

  readonly #onParent = (): void => this.abort(this.#parts.inherit(this.#parts.parent?.reason));

  readonly #onTimer = (): void => {
    const lateMs = monotonicMs() - this.#dueMs;
    const end = (): void => this.abort(this.#parts.reason());
    if (lateMs < this.#parts.graceMs) end();
    else this.#timer = startTimer(Math.min(lateMs, MAX_CATCH_UP_MS), end, { keepAlive: true });
  };
}

/** Settles as `work` does, or rejects with the signal's reason if `signal` aborts first. `work` itself continues. */
export function raceSignal<T>(work: Promise<T>, signal: Cancellation): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}

/** Resolves when `work` is settled, or after `ms` milliseconds. `work` itself continues. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  using impatience = deadline(ms, () => new Error('The time limit was exceeded'));
  await raceSignal(work, impatience).catch(() => {});
}
