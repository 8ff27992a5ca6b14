import { deadline, type LinkedSignal, monotonicMs } from '../../../shared/clock.ts';

/** How long a program may take until its handshake is done, counted from its own start. */
export interface StartLimits {
  /** Without a sign of life, in milliseconds. */
  readonly quietMs: number;
  /** In all, however often it gives one. The same as `quietMs` for a hard limit. */
  readonly maxMs: number;
}

/** A deadline that a sign of life puts off. */
export interface StartDeadline extends Disposable {
  readonly signal: AbortSignal;
  /** The program wrote a line: it has `quietMs` again, but never more than `maxMs` in all. */
  putOff(): void;
}

/** Lines come in bursts, and each would cost a timer. */
const MIN_STEP_MS = 100;

/** Aborts with `reason(elapsedMs)` when the time is up, or with the reason of `parent`. */
export function startDeadline(
  { quietMs, maxMs }: StartLimits,
  reason: (elapsedMs: number) => Error,
  parent: AbortSignal,
): StartDeadline {
  const startedMs = monotonicMs();
  const controller = new AbortController();
  let setMs = startedMs;
  let isOver = false;
  const elapsedMs = (): number => monotonicMs() - startedMs;
  const arm = (ms: number): LinkedSignal => {
    const next = deadline(ms, () => reason(elapsedMs()), parent);
    const abort = (): void => controller.abort(next.signal.reason);
    if (next.signal.aborted) abort();
    else next.signal.addEventListener('abort', abort, { once: true });
    return next;
  };
  let current = arm(Math.min(quietMs, maxMs));
  return {
    signal: controller.signal,
    putOff() {
      // A program goes on writing when its start is long over.
      if (isOver || controller.signal.aborted || monotonicMs() - setMs < MIN_STEP_MS) return;
      setMs = monotonicMs();
      current[Symbol.dispose]();
      current = arm(Math.max(0, Math.min(quietMs, maxMs - elapsedMs())));
    },
    [Symbol.dispose]() {
      isOver = true;
      current[Symbol.dispose]();
    },
  };
}
