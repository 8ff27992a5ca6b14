import { availableParallelism } from 'node:os';
import type { Dispatcher } from 'undici';
import { nextTurn, startTimer, type Timer } from '../../../shared/clock.ts';
import { toWireError } from '../../../shared/errors.ts';
import { acquireCurrentMap, type FetchMap } from '../../../shared/load/acquire.ts';
import { emptyReport, type LoadContext, runLoad } from '../../../shared/load/run-load.ts';
import type { Acquired, LoadTask } from '../../../shared/protocol/thread-messages.ts';
import { fetchOver, warmInTurns } from '../../http/late-fetch.ts';
import type { AwaitableAgent } from '../../http/main-agent.ts';
import type { Logger } from '../../observability/logger.ts';
import { LoadCollector, type LoadOutcome } from './collect-load.ts';
import { LoadPool } from './load-pool.ts';

/** Loads maps, on a worker thread or on the main thread. Never rejects. */
export interface MapLoader {
  load(task: LoadTask, signal: AbortSignal): Promise<LoadOutcome>;
  /** Fetches small documents on the main thread, with the same network settings as for maps. */
  readonly fetch: FetchMap;
  /** The number of loads that wait for a thread. */
  readonly queueLength: number;
  close(): Promise<void>;
}

export interface MapLoaderOptions {
  readonly offload: 'auto' | 'always' | 'never';
  readonly logger: Logger;
  /**
   * The fetch function of the host; null for none. If the host gives a fetch function or an Agent, maps are fetched on
   * the main thread.
   */
  readonly fetchMap: FetchMap | null;
  readonly agent: Dispatcher | null;
  /** The Agent for fetches on the main thread if the host gave neither a fetch function nor an Agent. */
  readonly mainAgent: AwaitableAgent;
  /** The number of maps. Defaults to 1. */
  readonly mapCount?: number;
  readonly pool?: LoadPool;
}

/**
 * The largest map that the main thread verifies itself at a cold start, because starting a thread would take longer
 * (bench/map-load.ts).
 */
const INLINE_MAX_BYTES = 64 * 1024;

/** Delay before the start of a thread that is only needed for the next refresh. */
const BOOT_LATER_MS = 5_000;

/** How long a thread may take to verify a map before the thread is treated as hung (bench/map-load.ts). */
const PROOF_TIMEOUT_MS = 10_000;

/**
 * Maximum number of threads if there are many maps. It may exceed the number of cores, so that a slow server does not
 * delay other maps.
 */
const MAX_THREADS = 8;

/** Returns the number of threads that load this number of maps. */
function threadsFor(mapCount: number): number {
  const cores = Math.max(1, availableParallelism() - 1);
  return Math.max(cores, Math.min(MAX_THREADS, mapCount));
}

/**
 * Creates the loader of a manager. It uses a pool of threads, or the main thread if that is faster or the only choice.
 */
export function createMapLoader(options: MapLoaderOptions): MapLoader {
  const pool = options.pool ?? new LoadPool({ logger: options.logger, maxThreads: threadsFor(options.mapCount ?? 1) });
  const main = { thread: 'main', fetch: options.fetchMap ?? fetchOver(options.agent ?? options.mainAgent) };
  const hasOwnFetch = options.fetchMap !== null || options.agent !== null;
  const isPoolUsable = options.offload !== 'never';
  // At a cold start, the main thread does not wait until threads have started. It fetches the first map itself, and
  // also verifies this map if it is small.
  let isCold = options.offload === 'auto';
  let laterBoot: Timer | null = null;

  /**
   * Fetches a map and starts the first thread: immediately if the map is large, otherwise later, so that connectors can
   * use the CPU first.
   */
  const bootByNeed: FetchMap = async (url, init) => {
    const response = await main.fetch(url, init);
    const isKnownSmall = Number(response.headers.get('content-length') ?? Number.NaN) <= INLINE_MAX_BYTES;
    if (isKnownSmall) laterBoot ??= startTimer(BOOT_LATER_MS, () => pool.boot());
    else pool.boot();
    return response;
  };

  return {
    async load(task, signal) {
      const fault = isPoolUsable ? faultOf(pool) : null;
      if (fault !== null) return fault;
      const isFirst = isCold;
      isCold = false;
      // The first fetch of a process blocks the event loop for a long time, so other work of the event loop is done
      // first.
      if (isFirst) await nextTurn();
      // Connectors need undici soon, so it is loaded before or while the map is fetched.
      if (isFirst && !hasOwnFetch) await warmInTurns(options.mainAgent);
      else if (options.agent === null) options.mainAgent.warm();
      if (isPoolUsable && !isFirst) pool.boot();
      // `proven` is null, because the main thread keeps no copy of a verified map. It only verifies small maps, or all
      // maps if there are no threads.
      const context: LoadContext = {
        ...main,
        signal,
        proven: null,
        ...(isPoolUsable && isFirst && { fetch: bootByNeed }),
      };
      const fetchesOnMain = task.given === null && (hasOwnFetch || !isPoolUsable || isFirst);
      const acquired = fetchesOnMain ? await acquireHere(task, context) : task.given;
      if (acquired !== null && acquired.kind !== 'body') return acquired;
      const local: LoadTask = { ...task, given: acquired };
      const isSmall = acquired !== null && acquired.bytes.length <= INLINE_MAX_BYTES;
      if (!isPoolUsable || (isFirst && isSmall)) return collect(local, context);
      return pool.run(local, { signal, deadlineMs: deadlineFor(local) });
    },
    fetch: main.fetch,
    get queueLength() {
      return pool.queueLength;
    },
    close() {
      laterBoot?.cancel();
      return pool.close();
    },
  };
}

/** Returns the body, or the outcome if there is no body to verify. */
async function acquireHere(
  task: LoadTask,
  context: LoadContext,
): Promise<Extract<Acquired, { kind: 'body' }> | Exclude<LoadOutcome, { kind: 'loaded' }>> {
  const report = emptyReport(context.thread);
  try {
    const acquired = await acquireCurrentMap(task, context.fetch, context.signal);
    if (acquired.kind === 'body') return acquired;
    const phases = { ...report.phases, fetch: acquired.fetchMs };
    return { kind: 'unchanged', how: 'not-modified', etag: task.request.etag, report: { ...report, phases } };
  } catch (error) {
    return { kind: 'failed', error: toWireError(error), report };
  }
}

/** Runs a load on this thread. Other work of the event loop can run before and after the verification. */
async function collect(task: LoadTask, context: LoadContext): Promise<LoadOutcome> {
  const collector = new LoadCollector();
  await nextTurn();
  for await (const event of runLoad(task, context)) {
    const outcome = collector.take(event);
    if (outcome === null) continue;
    await nextTurn();
    return outcome;
  }
  throw new Error('Internal error: a load ended without a result');
}

/**
 * Returns the time limit of a load. It covers the verification and two requests: if the server answers that a map is
 * unchanged (304), but the map has expired, the map is fetched again.
 */
function deadlineFor(task: LoadTask): number {
  return (task.given === null ? 2 * task.request.timeoutMs : 0) + PROOF_TIMEOUT_MS;
}

/**
 * Returns the failure WORKER_FILE_MISSING if the file with the threads' code is missing, else null. Every load then
 * fails, even one that needs no thread, so that an incomplete bundle is noticed at the first load.
 */
function faultOf(pool: LoadPool): LoadOutcome | null {
  try {
    void pool.taskUrl;
    return null;
  } catch (error) {
    return { kind: 'failed', error: toWireError(error), report: emptyReport('main') };
  }
}
