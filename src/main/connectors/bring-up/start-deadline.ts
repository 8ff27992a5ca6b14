import { deadline, type LinkedSignal, monotonicMs } from '../../../shared/clock.ts';

/** Time limits for a stdio server to finish its handshake, counted from its start. */
export interface StartLimits {
  /** Maximum time without output, in milliseconds. */
  readonly quietMs: number;
  /** Maximum total time, regardless of output. Equals `quietMs` for a hard limit. */
  readonly maxMs: number;
}

/** A deadline that is extended when the server writes output. */
export interface StartDeadline extends Disposable {
  readonly signal: AbortSignal;
  /**
   * To be called when the server wrote a line. Extends the deadline to `quietMs` from now, but at most to `maxMs` after
   * the start.
   */
  putOff(): void;
}

/** Minimum time between two extensions, because lines come in bursts and each extension needs a timer. */
const MIN_STEP_MS = 100;

/** Creates a deadline that aborts with `reason(elapsedMs)` when the time is up, or with the reason of `parent`. */
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
      // A server may keep writing after its start is over. These lines must not extend the deadline.
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
