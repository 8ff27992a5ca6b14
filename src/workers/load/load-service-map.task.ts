import { platform, setPriority } from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import { startTimer, type Timer } from '../../shared/clock.ts';
import { SwitchyardError, toWireError } from '../../shared/errors.ts';
import { ProvenMaps } from '../../shared/load/proven-maps.ts';
import { emptyReport, runLoad } from '../../shared/load/run-load.ts';
import type { WorkerLoadTask } from '../../shared/protocol/thread-messages.ts';
import { CreditStream } from './credit-stream.ts';
import { loadHttp, workerFetch } from './http-agent.ts';

/** The maps that this thread verified most recently. */
const proven = new ProvenMaps();

const cancelled = (): Error => new SwitchyardError('LOAD_CANCELLED', 'The load was cancelled.');

/**
 * The Piscina task. Runs one load and sends its events through `task.port`. Never rejects. The main thread closes the
 * port at the end.
 *
 * This module has no default export, because Piscina loads it with `require()`. For a default export, Node builds a
 * CommonJS view of the module. Node 26 aborts the whole process if the thread is ended at that moment.
 */
export async function loadServiceMap(task: WorkerLoadTask): Promise<void> {
  httpTimer?.cancel();
  const stream = new CreditStream(task.port, cancelled);
  const context = { thread: `worker-${threadId}`, fetch: workerFetch(task.network), signal: stream.signal, proven };
  try {
    for await (const event of runLoad(task, context)) await stream.send(event);
  } catch (error) {
    // The load was cancelled while it waited for a credit. The main thread still waits for the final event.
    await stream.send({ kind: 'failed', error: toWireError(error), report: emptyReport(context.thread) });
  }
  // Only the next load needs the HTTP client, so its import must not delay this load or the main thread's work on the
  // map.
  loadHttpLater();
}

/** Niceness of this thread, as in nice(1). The main thread and other processes have priority over it. */
const NICENESS = 10;

giveWay();

/**
 * Lowers the priority of this thread. Does so only on Linux, where each thread has its own priority. On other systems,
 * the priority of the whole process would change.
 */
function giveWay(): void {
  if (platform() !== 'linux' || isMainThread) return;
  try {
    setPriority(0, NICENESS);
  } catch {
    // A sandbox may forbid the call. In that case, maps are loaded with normal priority.
  }
}

/**
 * How long this thread must be idle before it imports the HTTP client, so that the main thread can use the CPU first.
 */
const HTTP_AFTER_MS = 300;

let httpTimer: Timer | null = null;

function loadHttpLater(): void {
  httpTimer?.cancel();
  httpTimer = startTimer(HTTP_AFTER_MS, () => void loadHttp());
}

/** Resolves once this thread has loaded the modules that verify a map. The HTTP client is imported later. */
export function warmUp(): void {
  loadHttpLater();
}
