/**
 * The only place that reads a clock, draws chance or sets a timer. Everything else is given these, so that tests
 * own time.
 */

/** Wall-clock time. Used to judge instants that others wrote down (a map's expiry), never to measure a duration. */
export interface Clock {
  /** Now, in epoch milliseconds. */
  now(): number;
}

/** A source of uniform chance. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason if `signal` aborts first. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** A pending timer; `cancel()` is idempotent and harmless after it fired. */
export interface Timer {
  cancel(): void;
}

/** The latest instant that a `Date` can hold, epoch ms; the earliest is as far before 1970. */
const MAX_EPOCH_MS = 8.64e15;

/**
 * A NumericDate of others (seconds since 1970, RFC 7519 section 2) in whole epoch ms. Whatever lies beyond what a
 * `Date` can hold becomes its first or last instant, so that every result can be shown.
 */
export function epochMsOf(numericDate: number): number {
  return Math.max(-MAX_EPOCH_MS, Math.min(MAX_EPOCH_MS, Math.round(numericDate * 1000)));
}

/** The machine's wall clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** The engine's pseudo-random source. Not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };

/** Milliseconds on a clock that never steps back; only differences mean anything. */
export function monotonicMs(): number {
  return performance.now();
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `callback` once after `ms` milliseconds. Unless `keepAlive`, the timer alone does not keep the process
 * running.
 */
export function startTimer(ms: number, callback: () => void, options: { keepAlive?: boolean } = {}): Timer {
  // Beyond 2³¹ − 1 a timer would fire at once.
  const handle = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
  if (options.keepAlive !== true) handle.unref();
  return { cancel: () => clearTimeout(handle) };
}

/** The default {@link Sleep}. It keeps the process running: somebody awaits it. */
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

/** Resolves in the next turn of the event loop, after pending I/O had its chance. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A signal that hangs on others; disposed of once the work is over, it lets go of them. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with the reason of the first of `parents` to abort. AbortSignal.any would do, were it not
 * that a parent that lives for ever then keeps a trace of each.
 */
export function linkSignals(
  ...parents: readonly (AbortSignal | undefined)[]
): LinkedSignal & { abort(reason: unknown): void } {
  const controller = new AbortController();
  const links = parents.map((parent) => {
    const onAbort = (): void => controller.abort(parent?.reason);
    if (parent?.aborted) onAbort();
    else parent?.addEventListener('abort', onAbort, { once: true });
    return () => parent?.removeEventListener('abort', onAbort);
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose](): void {
      for (const unlink of links) unlink();
    },
  };
}

/** From here on a timer that fires late says that the event loop stood still, not that somebody else was slow. */
const STARVED_MS = 100;

/** The longest that a deadline waits for what came in while the loop stood still. */
const MAX_CATCH_UP_MS = 1_000;

/**
 * A signal that aborts with `reason()` after `ms` milliseconds, or when `parent` aborts, with what `inherit` makes
 * of its reason. Where the event loop stood still past the deadline, what came in meanwhile is read first: for as
 * long as it stood still, at most a second. AbortSignal.timeout would do without `reason`; the callers here need
 * their own coded error to come out.
 */
export function deadline(
  ms: number,
  reason: () => Error,
  parent?: AbortSignal,
  inherit: (reason: unknown) => unknown = (given) => given,
): LinkedSignal {
  const controller = new AbortController();
  const onParent = (): void => controller.abort(inherit(parent?.reason));
  if (parent?.aborted) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  const dueMs = monotonicMs() + ms;
  const abort = (): void => controller.abort(reason());
  let timer = startTimer(
    ms,
    () => {
      const lateMs = monotonicMs() - dueMs;
      if (lateMs < STARVED_MS) abort();
      else timer = startTimer(Math.min(lateMs, MAX_CATCH_UP_MS), abort, { keepAlive: true });
    },
    { keepAlive: true },
  );
  return {
    signal: controller.signal,
    [Symbol.dispose](): void {
      timer.cancel();
      parent?.removeEventListener('abort', onParent);
    },
  };
}

/** Settles as `work` does, or rejects with the signal's reason if `signal` aborts first. `work` itself goes on. */
export function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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

/** Resolves when `work` has come to an end, whichever, or after `ms` milliseconds. `work` itself goes on. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  using impatience = deadline(ms, () => new Error('It took too long'));
  await raceSignal(work, impatience.signal).catch(() => {});
}
