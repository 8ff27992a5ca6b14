import { availableParallelism } from 'node:os';
import { raceSignal, startTimer, type Timer } from '../../../shared/clock.ts';
import { createIdleProcessors, type IdleProcessors } from './idle-processors.ts';

/**
 * Maximum time for which a stdio server keeps its slot. A server that never sends a message thus delays the others only
 * briefly.
 */
const MAX_SLOT_MS = 5_000;

/** Interval at which the processors are measured while servers wait. */
const SAMPLE_MS = 250;

/**
 * If more than this share of the processors is idle, the starting servers are probably waiting for something other than
 * a processor, such as the network.
 */
const MIN_IDLE_SHARE = 0.3;

/**
 * Maximum number of running servers that have not sent a message yet, however idle the processors are. Each server
 * takes memory and process ids.
 */
const MAX_SILENT = 32;

export interface ProgramStartsOptions {
  /** Number of servers that may start at a time; null if the number depends on the idle processors. */
  readonly limit: number | null;
  readonly parallelism?: number;
  readonly idleProcessors?: IdleProcessors;
}

/** Permission for one stdio server to start. Every method is idempotent. */
export interface StartSlot {
  /** Reports that the server has sent its first message. */
  spoke(): void;
  /** Reports that the server has ended, or was never started. */
  ended(): void;
}

interface Waiting {
  readonly admit: () => void;
  isGone: boolean;
}

/**
 * Decides when stdio servers start. Each start uses a processor for a while, and if many servers started at the same
 * time, all of them would miss their deadlines. There are `availableParallelism() + 1` slots; a server holds its slot
 * until its first message, for at most 5 s. One more server starts for each idle processor if all slots are taken and
 * more than 30 % of the processors were idle in the last 250 ms. At most 32 servers that have not sent a first message
 * yet may run. If `limit` is set, it is the number of slots, and idle processors add no slots.
 */
export class ProgramStarts {
  readonly #slots: number;
  readonly #parallelism: number;
  readonly #idle: IdleProcessors | null;
  readonly #queue: Waiting[] = [];
  /** Number of servers that hold a slot. */
  #starting = 0;
  /** Number of servers that run and have not sent a message. */
  #silent = 0;
  #sampling: Timer | null = null;

  constructor({ limit, parallelism = availableParallelism(), idleProcessors }: ProgramStartsOptions) {
    this.#slots = limit ?? parallelism + 1;
    this.#parallelism = parallelism;
    this.#idle = limit === null ? (idleProcessors ?? createIdleProcessors()) : null;
  }

  /** Number of servers that wait for a slot. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Resolves when a server may start. Servers start in the order of the calls. A server whose `urgent` has resolved
   * starts immediately and takes no slot, because a caller waits for it. Rejects with the reason of `signal`.
   */
  async acquire(signal: AbortSignal, urgent: Promise<void> | null = null): Promise<StartSlot> {
    signal.throwIfAborted();
    const admitted = Promise.withResolvers<StartSlot>();
    const waiting: Waiting = { isGone: false, admit: () => admitted.resolve(this.#open(true)) };
    this.#queue.push(waiting);
    const leave = (): boolean => {
      const place = this.#queue.indexOf(waiting);
      if (place >= 0) this.#queue.splice(place, 1);
      return place >= 0;
    };
    void urgent?.then(() => {
      if (!waiting.isGone && leave()) admitted.resolve(this.#open(false));
    });
    this.#fill();
    try {
      return await raceSignal(admitted.promise, signal);
    } catch (error) {
      waiting.isGone = true;
      // The server may have been admitted in the same turn in which the signal aborted. Its slot is then freed.
      if (!leave()) void admitted.promise.then((slot) => slot.ended());
      throw error;
    }
  }

  #open(takesSlot: boolean): StartSlot {
    let [hasSlot, isSilent] = [takesSlot, true];
    if (hasSlot) this.#starting += 1;
    this.#silent += 1;
    const free = (): void => {
      timer?.cancel();
      if (hasSlot) this.#starting -= 1;
      hasSlot = false;
      this.#fill();
    };
    const timer = takesSlot ? startTimer(MAX_SLOT_MS, free) : null;
    const speak = (): void => {
      if (isSilent) this.#silent -= 1;
      isSilent = false;
      free();
    };
    return { spoke: speak, ended: speak };
  }

  #fill(): void {
    while (this.#starting < this.#slots && this.#admitNext());
    if (this.#queue.length > 0) this.#sample();
    else this.#stopSampling();
  }

  /**
   * Admits the next server. Returns false if no server is waiting, or if too many servers have not sent a message yet.
   */
  #admitNext(): boolean {
    if (this.#silent >= MAX_SILENT) return false;
    const next = this.#queue.shift();
    next?.admit();
    return next !== undefined;
  }

  #sample(): void {
    if (this.#idle === null || this.#sampling !== null) return;
    this.#idle.begin();
    this.#sampling = startTimer(SAMPLE_MS, () => this.#admitIdle());
  }

  #stopSampling(): void {
    this.#sampling?.cancel();
    this.#sampling = null;
  }

  #admitIdle(): void {
    this.#sampling = null;
    const share = this.#idle?.take() ?? 0;
    const extra = share > MIN_IDLE_SHARE ? Math.max(1, Math.floor(share * this.#parallelism)) : 0;
    for (let count = 0; count < extra && this.#admitNext(); count += 1);
    this.#fill();
  }
}
