import { platform, setPriority } from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import { startTimer, type Timer } from '../../shared/clock.ts';
import { SwitchyardError, toWireError } from '../../shared/errors.ts';
import { ProvenMaps } from '../../shared/load/proven-maps.ts';
import { emptyReport, runLoad } from '../../shared/load/run-load.ts';
import type { WorkerLoadTask } from '../../shared/protocol/thread-messages.ts';
import { CreditStream } from './credit-stream.ts';
import { loadHttp, workerFetch } from './http-agent.ts';

/** The maps that this thread proved last. */
const proven = new ProvenMaps();

const cancelled = (): Error => new SwitchyardError('LOAD_CANCELLED', 'The load was cancelled.');

/**
 * The Piscina task: one load, its events sent through `task.port`. Never rejects; main closes the port at the end.
 */
export default async function loadServiceMap(task: WorkerLoadTask): Promise<void> {
  httpTimer?.cancel();
  const stream = new CreditStream(task.port, cancelled);
  const context = { thread: `worker-${threadId}`, fetch: workerFetch(task.network), signal: stream.signal, proven };
  try {
    for await (const event of runLoad(task, context)) await stream.send(event);
  } catch (error) {
    // Cancelled while waiting for a credit: main waits for an end all the same.
    await stream.send({ kind: 'failed', error: toWireError(error), report: emptyReport(context.thread) });
  }
  // The next load will want it. This one, and what main does with its map, should not wait for it.
  loadHttpLater();
}

/** How much this thread gives way to main and to everybody else, on the scale of nice(1). */
const NICENESS = 10;

giveWay();

/** On Linux a thread has a priority of its own; elsewhere the whole process would get it. */
function giveWay(): void {
  if (platform() !== 'linux' || isMainThread) return;
  try {
    setPriority(0, NICENESS);
  } catch {
    // A sandbox may forbid the call. Maps are loaded all the same.
  }
}

/** How long a thread without work leaves the cores to main before it loads what fetching a map needs. */
const HTTP_AFTER_MS = 300;

let httpTimer: Timer | null = null;

function loadHttpLater(): void {
  httpTimer?.cancel();
  httpTimer = startTimer(HTTP_AFTER_MS, () => void loadHttp());
}

/**
 * Resolves once this thread has loaded what proving a map needs; what fetching one needs follows when the start is
 * over.
 */
export function warmUp(): void {
  loadHttpLater();
}
