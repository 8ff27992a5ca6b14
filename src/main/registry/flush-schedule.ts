import { monotonicMs, startTimer, type Timer } from '../../shared/clock.ts';

/** How long an exiting process waits for its disk. */
const EXIT_TIMEOUT_MS = 2_000;

/**
 * Passes pending changes to another thread. The thread sets the first element of the returned array to a value other
 * than 0 when it is done. Returns null if nothing is pending.
 */
type Finish = () => Int32Array | null;

export interface FlushScheduleDeps {
  readonly intervalMs: number;
  /** Writes the file; never throws. */
  readonly flush: () => void;
  /** Writes the file in a process that is exiting, where promises no longer run. */
  readonly finish: Finish;
}

/** Decides when the file of a registry is written: some time after a change, and always before the process exits. */
export class FlushSchedule {
  readonly #deps: FlushScheduleDeps;
  #timer: Timer | null = null;
  /** Time of the first change that no write covers yet; null if there is no such change. */
  #changedSinceMs: number | null = null;
  /** Time of the first change that the current write covers. */
  #writingSinceMs: number | null = null;
  #stopFinishing: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: FlushScheduleDeps) {
    this.#deps = deps;
  }

  /** Returns how long the file has been behind, in milliseconds; null while it is up to date. */
  behindMs(): number | null {
    const sinceMs = this.#writingSinceMs ?? this.#changedSinceMs;
    return sinceMs === null ? null : monotonicMs() - sinceMs;
  }

  /** Notes a change. The file is written after the interval, or earlier if the process has nothing else to do. */
  changed(): void {
    this.#changedSinceMs ??= monotonicMs();
    if (this.#schedule()) process.on('beforeExit', this.#deps.flush);
  }

  /** Cancels the planned write, because a write begins now. */
  begin(): void {
    this.#unschedule();
  }

  /** Marks the point after which changes are left to the next write. */
  writing(): void {
    this.#writingSinceMs ??= this.#changedSinceMs;
    this.#changedSinceMs = null;
  }

  /** Notes that the write succeeded. */
  written(): void {
    this.#writingSinceMs = null;
    if (this.#changedSinceMs === null) this.#dropBarrier();
  }

  /** Schedules a retry. The retry does not keep an exiting process alive, because the disk may never recover. */
  failed(): void {
    this.#changedSinceMs = this.#writingSinceMs ?? this.#changedSinceMs ?? monotonicMs();
    this.#writingSinceMs = null;
    this.#schedule();
    process.off('beforeExit', this.#deps.flush);
  }

  /** Stops all writes that this schedule would start. */
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

/** Pending work of every schedule in this process. One exit listener serves them all. */
const unfinished = new Set<Finish>();

/**
 * Calls `finish` when the process exits by process.exit() or by an error, and waits for its thread. The returned
 * function cancels that.
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
 * Blocks the main thread, which has nothing else to do: an exit listener runs no promises, but other threads continue.
 */
function onExit(): void {
  const endsAtMs = monotonicMs() + EXIT_TIMEOUT_MS;
  const flags = [...unfinished].map((finish) => finish());
  for (const flag of flags) if (flag !== null) Atomics.wait(flag, 0, 0, Math.max(0, endsAtMs - monotonicMs()));
}
