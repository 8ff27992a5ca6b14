import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Piscina } from 'piscina';
import { deadline, monotonicMs, raceSignal, startTimer } from '../../../shared/clock.ts';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { LoadControl, LoadEvent, LoadTask, WorkerLoadTask } from '../../../shared/protocol/thread-messages.ts';
import { recordThreadLost } from '../../observability/instruments.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { workerUrl } from '../../threads/worker-url.ts';
import { awaitEnd } from '../../writer/stuck-threads.ts';
import { LoadCollector, type LoadOutcome } from './collect-load.ts';
import { CrashGuard } from './crash-guard.ts';
import { crashLoop, failed, lost, queueFull } from './load-failures.ts';
import { loadPiscina } from './load-piscina.ts';

export interface LoadPoolOptions {
  /**
   * The task file, which exports `loadServiceMap` and `warmUp` and has no default export. Only tests use another file.
   */
  readonly taskUrl?: URL;
  /**
   * Maximum number of threads. Defaults to the number of cores minus one. A thread that waits for a server loads no
   * other map.
   */
  readonly maxThreads?: number;
  /** How long a cancelled load may continue before its thread is killed, in milliseconds. */
  readonly graceMs?: number;
  /** Maximum old-generation heap of a thread, in MiB. Buffers are limited by the byte limit of the request instead. */
  readonly maxHeapMb?: number;
  readonly logger?: Logger;
  /** Clock of the crash guard, in milliseconds. Defaults to a monotonic clock. */
  readonly elapsedMs?: () => number;
}

/** Maximum number of queued loads. Each map has one load in flight, so no real host needs more. */
const MAX_QUEUED_LOADS = 1_024;

/** How long a thread may be idle before it is ended. The first thread stays. */
const IDLE_TIMEOUT_MS = 30_000;

/** How long to wait for threads to end. A thread that is stuck in native code never ends. */
const KILL_TIMEOUT_MS = 2_000;

interface RunOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** The threads that load maps. They start when they are needed. An idle pool does not keep the process running. */
export class LoadPool {
  readonly #taskUrl: URL | null;
  readonly #maxThreads: number;
  readonly #limit: LimitFunction;
  readonly #graceMs: number;
  readonly #maxHeapMb: number;
  readonly #logger: Logger;
  readonly #guard: CrashGuard;
  /** Threads that are still running. Piscina forgets a thread as soon as it has told the thread to end. */
  readonly #alive = new Set<Worker>();
  /** Resolves once Piscina is loaded and its first thread starts. */
  #piscina: Promise<Piscina> | null = null;
  #isClosed = false;

  constructor(options: LoadPoolOptions = {}) {
    this.#taskUrl = options.taskUrl ?? null;
    this.#maxThreads = options.maxThreads ?? Math.max(1, availableParallelism() - 1);
    this.#limit = pLimit(this.#maxThreads);
    this.#graceMs = options.graceMs ?? 250;
    this.#maxHeapMb = options.maxHeapMb ?? 512;
    this.#logger = options.logger ?? silentLogger;
    this.#guard = new CrashGuard(options.elapsedMs ?? monotonicMs);
  }

  /** The URL of the threads' entry file. Throws WORKER_FILE_MISSING. */
  get taskUrl(): URL {
    return this.#taskUrl ?? workerUrl('workers/load/load-service-map.task');
  }

  /** The number of loads that wait for a thread. */
  get queueLength(): number {
    return this.#limit.pendingCount;
  }

  /** Starts the first thread, unless it was started before, or threads keep dying. */
  boot(): void {
    if (!this.#guard.isTripped && !this.#isClosed) this.#open().catch(() => {});
  }

  #open(): Promise<Piscina> {
    this.#piscina ??= this.#start().catch((error: unknown) => {
      this.#piscina = null;
      throw error;
    });
    return this.#piscina;
  }

  async #start(): Promise<Piscina> {
    const Pool = await loadPiscina();
    if (this.#isClosed) throw lost('the pool was closed');
    const piscina = new Pool({
      filename: this.taskUrl.href,
      name: 'loadServiceMap',
      // With 0, every load would start a new thread and open a new connection.
      minThreads: 1,
      maxThreads: this.#maxThreads,
      idleTimeout: IDLE_TIMEOUT_MS,
      // The default 'sync' would block the thread's event loop between tasks, and with it the thread's sockets.
      atomics: 'async',
      resourceLimits: { maxOldGenerationSizeMb: this.#maxHeapMb },
    });
    // Without this listener, the error of a thread that fails between two tasks would end the process.
    piscina.on('error', (error) => this.#noteLoss(lost(`it failed between loads: ${messageOf(error)}`, error)));
    // Makes the thread load its code before the first task. If that fails, the first load reports it.
    piscina.run(undefined, { name: 'warmUp' }).catch(() => {});
    return piscina;
  }

  /**
   * Runs one load on a thread. Never rejects. A thread that throws, exits, exceeds `deadlineMs` or runs out of memory
   * is replaced, and its load fails with WORKER_LOST. When `signal` aborts, the load is cancelled, and the signal's
   * reason becomes the failure. If no thread is free, the load waits, and its deadline starts when it gets a thread.
   */
  async run(task: LoadTask, options: RunOptions): Promise<LoadOutcome> {
    if (this.#limit.pendingCount >= MAX_QUEUED_LOADS) return failed(queueFull(MAX_QUEUED_LOADS));
    return this.#limit(() => this.#run(task, options));
  }

  async #run(task: LoadTask, options: RunOptions): Promise<LoadOutcome> {
    if (options.signal.aborted) return failed(options.signal.reason);
    if (this.#isClosed) return failed(lost('the pool was closed'));
    if (this.#guard.isTripped) return failed(crashLoop());
    try {
      // The deadline does not include the time for loading Piscina.
      await raceSignal(this.#open(), options.signal);
    } catch (error) {
      return failed(error);
    }
    const { port1: port, port2: workerPort } = new MessageChannel();
    const kill = new AbortController();
    const killed = Promise.withResolvers<LoadOutcome>();
    let whyGivenUp: unknown = null;
    let graceTimer = { cancel(): void {} };
    const giveUp = (reason: unknown): void => {
      if (whyGivenUp !== null) return;
      whyGivenUp = reason;
      send(port, { kind: 'cancel' });
      graceTimer = startTimer(this.#graceMs, () => {
        kill.abort();
        killed.resolve(failed(reason));
      });
    };
    using limit = deadline(options.deadlineMs, () => lost(`no answer within ${options.deadlineMs} ms`), options.signal);
    const onAbort = (): void => giveUp(limit.signal.reason);
    if (limit.signal.aborted) onAbort();
    else limit.signal.addEventListener('abort', onAbort, { once: true });
    try {
      const posted = this.#post({ ...task, port: workerPort }, kill.signal);
      const first = await Promise.race([receive(port), whenLost(posted, this.#graceMs), killed.promise]);
      const outcome = this.#judge(first, whyGivenUp, options.signal);
      if (outcome.kind === 'failed' && outcome.error.code === 'WORKER_LOST') this.#noteLoss(outcome.error);
      return outcome;
    } finally {
      graceTimer.cancel();
      port.close();
    }
  }

  /**
   * Returns the final outcome. A cancelled load fails even if its map arrived at the same moment. A map that arrives
   * slightly after the deadline is accepted.
   */
  #judge(first: LoadOutcome, whyGivenUp: unknown, signal: AbortSignal): LoadOutcome {
    if (signal.aborted) return failed(signal.reason);
    return first.kind === 'failed' && whyGivenUp !== null ? failed(whyGivenUp) : first;
  }

  /** Ends all threads. Current and later loads fail. A thread that does not end is logged as stuck. Idempotent. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#end();
  }

  async #end(): Promise<void> {
    // A pool that could not be opened has no threads.
    const opened = this.#piscina?.catch(() => null);
    this.#piscina = null;
    const piscina = await opened;
    if (!piscina) return;
    this.#track(piscina);
    const ended = [...this.#alive].map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
    await awaitEnd(Promise.all([piscina.destroy(), ...ended]), KILL_TIMEOUT_MS, this.#logger);
  }

  #track(piscina: Piscina): void {
    for (const thread of piscina.threads) {
      if (this.#alive.has(thread)) continue;
      this.#alive.add(thread);
      thread.once('exit', () => this.#alive.delete(thread));
    }
  }

  /** Counts a lost thread. If threads keep dying, ends all threads until the crash guard allows new ones. */
  #noteLoss(error: { readonly message: string }): void {
    recordThreadLost();
    this.#guard.note();
    this.#logger.warn({ event: 'worker-lost', code: 'WORKER_LOST', err: error }, error.message);
    if (this.#guard.isTripped) void this.#end();
  }

  async #post(task: WorkerLoadTask, signal: AbortSignal): Promise<unknown> {
    const transferList: (ArrayBuffer | MessagePort)[] = [task.port];
    if (task.given !== null) transferList.push(task.given.bytes.buffer);
    // Because the task has a signal, Piscina runs no other task on its thread at the same time. An abort kills the
    // thread.
    const piscina = await this.#open();
    if (this.#isClosed) throw lost('the pool was closed');
    const posted = piscina.run(task, { signal, transferList });
    this.#track(piscina);
    return posted;
  }
}

function send(port: MessagePort, control: LoadControl): void {
  port.postMessage(control);
}

/** Resolves with the outcome of the events on `port`. */
function receive(port: MessagePort): Promise<LoadOutcome> {
  const collector = new LoadCollector();
  return new Promise((resolve) => {
    port.on('message', (event: LoadEvent) => {
      const outcome = collector.take(event);
      if (outcome !== null) resolve(outcome);
      else send(port, { kind: 'credit' });
    });
  });
}

/** Resolves with a failure if the thread of a task ended, or if the task returned without sending its last event. */
async function whenLost(posted: Promise<unknown>, graceMs: number): Promise<LoadOutcome> {
  try {
    await posted;
    // The last event and the return value travel on different ports, so the event may arrive slightly later.
    await new Promise<void>((resolve) => startTimer(graceMs, resolve));
    return failed(lost('it returned without a final event'));
  } catch (error) {
    return failed(error instanceof SwitchyardError ? error : lost(messageOf(error), error));
  }
}
