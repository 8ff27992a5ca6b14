import { monotonicMs, startTimer, type Timer } from '../../shared/clock.ts';

/** How long an exiting process waits until its pending changes are written to the disk. */
const EXIT_TIMEOUT_MS = 2_000;

/**
 * Passes pending changes to another thread, which writes them. When it has done so, that thread sets the first element
 * of the returned array to a value other than 0. Returns null if there are no pending changes.
 */
type Finish = () => Int32Array | null;

export interface FlushScheduleDeps {
  readonly intervalMs: number;
  /** Starts to write the file; never throws. */
  readonly flush: () => void;
  /** Writes the file while the process is exiting, when promises no longer settle. */
  readonly finish: Finish;
}

/** Decides when the file of a registry is written: some time after a change, and always before the process exits. */
export class FlushSchedule {
  readonly #deps: FlushScheduleDeps;
  #timer: Timer | null = null;
  /** Time of the first change that is not part of any write yet; null if there is no such change. */
  #changedSinceMs: number | null = null;
  /** Time of the first change in the write that is in progress; null if no write is in progress. */
  #writingSinceMs: number | null = null;
  #stopFinishing: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: FlushScheduleDeps) {
    this.#deps = deps;
  }

  /** Returns for how many milliseconds the file has been out of date; null if the file is up to date. */
  behindMs(): number | null {
    const sinceMs = this.#writingSinceMs ?? this.#changedSinceMs;
    return sinceMs === null ? null : monotonicMs() - sinceMs;
  }

  /**
   * Schedules a write because of a change. The file is written after the interval, or as soon as the process has
   * nothing else to do.
   */
  changed(): void {
    this.#changedSinceMs ??= monotonicMs();
    if (this.#schedule()) process.on('beforeExit', this.#deps.flush);
  }

  /** Cancels the scheduled write, because a write starts now. */
  begin(): void {
    this.#unschedule();
  }

  /** Called when a write collects its changes. Changes after this call belong to the next write. */
  writing(): void {
    this.#writingSinceMs ??= this.#changedSinceMs;
    this.#changedSinceMs = null;
  }

  /** Called when a write has succeeded. */
  written(): void {
    this.#writingSinceMs = null;
    if (this.#changedSinceMs === null) this.#dropBarrier();
  }

  /**
   * Called when a write has failed. Schedules a retry, which does not keep the process running, because the disk may
   * never recover.
   */
  failed(): void {
    this.#changedSinceMs = this.#writingSinceMs ?? this.#changedSinceMs ?? monotonicMs();
    this.#writingSinceMs = null;
    this.#schedule();
    process.off('beforeExit', this.#deps.flush);
  }

  /** Cancels the scheduled write, and schedules no more writes. */
  stop(): void {
    this.#isStopped = true;
    this.#unschedule();
    this.#dropBarrier();
  }

  #schedule(): boolean {
    if (this.#isStopped) return false;
    this.#stopFinishing ??= finishBeforeExit(this.#deps.finish);
    if (this.#timer !== null) return false;
    this.#timer = startTimer(this.#deps.intervalMs, this.#deps.flush);
    return true;
  }

  #unschedule(): void {
    this.#timer?.cancel();
    this.#timer = null;
    process.off('beforeExit', this.#deps.flush);
  }

  #dropBarrier(): void {
    this.#stopFinishing?.();
    this.#stopFinishing = null;
  }
}

/** The functions that write the pending changes of all schedules in this process. They share one exit listener. */
const unfinished = new Set<Finish>();

/**
 * When the process exits, through process.exit() or an error, calls `finish` and waits for the thread that writes. The
 * returned function cancels this.
 */
function finishBeforeExit(finish: Finish): () => void {
  if (unfinished.size === 0) process.on('exit', onExit);
  unfinished.add(finish);
  return () => {
    unfinished.delete(finish);
    if (unfinished.size === 0) process.off('exit', onExit);
  };
}

/**
 * Blocks the main thread until the changes are written. No promises settle in an exit listener, but other threads still
 * run.
 */
function onExit(): void {
  const endsAtMs = monotonicMs() + EXIT_TIMEOUT_MS;
  const flags = [...unfinished].map((finish) => finish());
  for (const flag of flags) if (flag !== null) Atomics.wait(flag, 0, 0, Math.max(0, endsAtMs - monotonicMs()));
}
