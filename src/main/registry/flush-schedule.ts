import { monotonicMs, startTimer, type Timer } from '../../shared/clock.ts';
import { finishBeforeExit } from '../writer/exit-barrier.ts';

export interface FlushScheduleDeps {
  readonly intervalMs: number;
  /** Writes the file; never throws. */
  readonly flush: () => void;
  /** The same in a process that ends now; see finishBeforeExit(). */
  readonly finish: () => Int32Array | null;
}

/** When a registry's file is written: a while after a change, and in any case before the process ends. */
export class FlushSchedule {
  readonly #deps: FlushScheduleDeps;
  #timer: Timer | null = null;
  /** Since when there are changes that nobody has begun to write. */
  #changedSinceMs: number | null = null;
  /** Since when there were those that are being written. */
  #writingSinceMs: number | null = null;
  #stopFinishing: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: FlushScheduleDeps) {
    this.#deps = deps;
  }

  /** For how many ms the file has been behind; null while it is level. */
  behindMs(): number | null {
    const sinceMs = this.#writingSinceMs ?? this.#changedSinceMs;
    return sinceMs === null ? null : monotonicMs() - sinceMs;
  }

  /** Something was changed: the file is written in a while, or when the process has nothing else to do. */
  changed(): void {
    this.#changedSinceMs ??= monotonicMs();
    if (this.#schedule()) process.on('beforeExit', this.#deps.flush);
  }

  /** Somebody writes the file: it need not be done later. */
  begin(): void {
    this.#unschedule();
  }

  /** From here on changes are for the next time. */
  writing(): void {
    this.#writingSinceMs ??= this.#changedSinceMs;
    this.#changedSinceMs = null;
  }

  written(): void {
    this.#writingSinceMs = null;
    if (this.#changedSinceMs === null) this.#dropBarrier();
  }

  /** It is tried again in a while; but a process that ends does not wait for a disk to come back. */
  failed(): void {
    this.#changedSinceMs = this.#writingSinceMs ?? this.#changedSinceMs ?? monotonicMs();
    this.#writingSinceMs = null;
    this.#schedule();
    process.off('beforeExit', this.#deps.flush);
  }

  /** Nothing is written by itself any more. */
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
