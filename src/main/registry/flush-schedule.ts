import { monotonicMs, startTimer, type Timer } from '../../shared/clock.ts';

/** How long a process that exits waits for its disk. */
const EXIT_TIMEOUT_MS = 2_000;

/**
 * Hands pending changes to another thread, which sets the first element to another value than 0 when it is done.
 * Null where nothing is pending.
 */
type Finish = () => Int32Array | null;

export interface FlushScheduleDeps {
  readonly intervalMs: number;
  /** Writes the file; never throws. */
  readonly flush: () => void;
  /** Does the same in a process that exits now, where no promise is carried out any more. */
  readonly finish: Finish;
}

/** Decides when a registry's file is written: a while after a change, and always before the process ends. */
export class FlushSchedule {
  readonly #deps: FlushScheduleDeps;
  #timer: Timer | null = null;
  /** The time of the first change that no write has begun to cover; null where there is none. */
  #changedSinceMs: number | null = null;
  /** The time of the first change that the write under way covers. */
  #writingSinceMs: number | null = null;
  #stopFinishing: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: FlushScheduleDeps) {
    this.#deps = deps;
  }

  /** How long the file has been behind, in ms; null while it is up to date. */
  behindMs(): number | null {
    const sinceMs = this.#writingSinceMs ?? this.#changedSinceMs;
    return sinceMs === null ? null : monotonicMs() - sinceMs;
  }

  /** Notes a change: the file is written after the interval, or earlier if the process has nothing else to do. */
  changed(): void {
    this.#changedSinceMs ??= monotonicMs();
    if (this.#schedule()) process.on('beforeExit', this.#deps.flush);
  }

  /** Cancels the planned write, because one begins now. */
  begin(): void {
    this.#unschedule();
  }

  /** Marks the point after which a change is left to the next write. */
  writing(): void {
    this.#writingSinceMs ??= this.#changedSinceMs;
    this.#changedSinceMs = null;
  }

  /** Notes that the write succeeded. */
  written(): void {
    this.#writingSinceMs = null;
    if (this.#changedSinceMs === null) this.#dropBarrier();
  }

  /** Plans a retry. It does not keep an ending process alive: the disk may never come back. */
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

/** What every schedule of this process still has to finish; one exit listener serves them all. */
const unfinished = new Set<Finish>();

/**
 * Calls `finish` when the process ends by process.exit() or by an error, and waits for its thread. The returned
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
 * Blocks the main thread, which has nothing else to do: an exit listener runs no promises, but other threads go on.
 */
function onExit(): void {
  const endsAtMs = monotonicMs() + EXIT_TIMEOUT_MS;
  const flags = [...unfinished].map((finish) => finish());
  for (const flag of flags) if (flag !== null) Atomics.wait(flag, 0, 0, Math.max(0, endsAtMs - monotonicMs()));
}
