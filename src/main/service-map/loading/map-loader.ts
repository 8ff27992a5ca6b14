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

/** Loads maps on whichever thread is best. Never rejects. */
export interface MapLoader {
  load(task: LoadTask, signal: AbortSignal): Promise<LoadOutcome>;
  /** Fetches on the main thread, with the network settings of the maps. For what is small. */
  readonly fetch: FetchMap;
  /** Loads that wait for a thread. */
  readonly queueLength: number;
  close(): Promise<void>;
}

export interface MapLoaderOptions {
  readonly offload: 'auto' | 'always' | 'never';
  readonly logger: Logger;
  /** The caller's own fetch or Agent: given one, maps are fetched on main. */
  readonly fetchMap: FetchMap | null;
  readonly agent: Dispatcher | null;
  /** Fetches where main does it and the caller gave nothing. */
  readonly mainAgent: AwaitableAgent;
  /** How many maps there are. */
  readonly mapCount?: number;
  readonly pool?: LoadPool;
}

/** What a cold main proves itself: 12 KB hold it for 22 ms, 124 KB did for 33; a thread takes 250 ms more to boot (bench/map-load.ts). */
const INLINE_MAX_BYTES = 64 * 1024;

/** When a thread is booted that only the next refresh will need. */
const BOOT_LATER_MS = 5_000;

/** How long a thread may prove a map before it counts as spinning; 14 MB take 1.5 s, cold and with the boot (bench/map-load.ts). */
const PROOF_TIMEOUT_MS = 10_000;

/** Threads beyond the cores wait for servers that are slow, so that these hold up no other map. */
const MAX_THREADS = 8;

/** Threads for so many maps. */
function threadsFor(mapCount: number): number {
  const cores = Math.max(1, availableParallelism() - 1);
  return Math.max(cores, Math.min(MAX_THREADS, mapCount));
}

/** The loader of a manager: its pool, and main where that is the better or the only place. */
export function createMapLoader(options: MapLoaderOptions): MapLoader {
  const pool = options.pool ?? new LoadPool({ logger: options.logger, maxThreads: threadsFor(options.mapCount ?? 1) });
  const main = { thread: 'main', fetch: options.fetchMap ?? fetchOver(options.agent ?? options.mainAgent) };
  const hasOwnFetch = options.fetchMap !== null || options.agent !== null;
  const isPoolUsable = options.offload !== 'never';
  // A cold start does not wait for threads: while they boot, main does the first load, all of it where the map is small.
  let isCold = options.offload === 'auto';
  let laterBoot: Timer | null = null;

  /** Boots the first thread where the map will need it, and else once the start is over: it would take a core from the connectors. */
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
      // The first fetch of a process takes 20 ms of main: not in the caller's turn.
      if (isFirst) await nextTurn();
      // The connectors of the map need undici soon.
      if (isFirst && !hasOwnFetch) await warmInTurns(options.mainAgent);
      else if (options.agent === null) options.mainAgent.warm();
      if (isPoolUsable && !isFirst) pool.boot();
      // Main keeps no second copy of a map: who has it prove maps has small ones, or no threads.
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

/** The body, or the outcome where there is none to prove. */
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

/** Runs a load on this thread, in turns of their own for what comes before, the proof and what comes after. */
async function collect(task: LoadTask, context: LoadContext): Promise<LoadOutcome> {
  const collector = new LoadCollector();
  await nextTurn();
  for await (const event of runLoad(task, context)) {
    const outcome = collector.take(event);
    if (outcome === null) continue;
    await nextTurn();
    return outcome;
  }
  throw new Error('A load ended without a last event');
}

/** Two exchanges at most (a confirmed but expired map is fetched whole), then the proof. */
function deadlineFor(task: LoadTask): number {
  return (task.given === null ? 2 * task.request.timeoutMs : 0) + PROOF_TIMEOUT_MS;
}

/**
 * The outcome of every load where the threads' code is missing: WORKER_FILE_MISSING. Also of one that main could do
 * alone, so that an incomplete bundle is noticed at its first load and not at a later one.
 */
function faultOf(pool: LoadPool): LoadOutcome | null {
  try {
    void pool.taskUrl;
    return null;
  } catch (error) {
    return { kind: 'failed', error: toWireError(error), report: emptyReport('main') };
  }
}
