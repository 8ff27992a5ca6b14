import { SwitchyardError, toWireError } from '../../../shared/errors.ts';
import { emptyReport } from '../../../shared/load/run-load.ts';
import type { LoadOutcome } from './collect-load.ts';

/** Creates the error WORKER_QUEUE_FULL. */
export function queueFull(maxQueued: number): SwitchyardError {
  const message = `The service map is not loaded now, because ${maxQueued} loads already wait for a thread.`;
  return new SwitchyardError('WORKER_QUEUE_FULL', message);
}

/** Creates the error WORKER_CRASH_LOOP. */
export function crashLoop(): SwitchyardError {
  const message = 'Threads were lost one after the other, so no thread is started for a minute.';
  return new SwitchyardError('WORKER_CRASH_LOOP', message);
}

/** Creates the error WORKER_LOST, which says that the thread of a load has ended or does not respond. */
export function lost(why: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('WORKER_LOST', `The thread of this load was lost: ${why}.`, { cause });
}

/** Returns the outcome of a load that failed before a thread could report it. */
export function failed(error: unknown): LoadOutcome {
  return { kind: 'failed', error: toWireError(error), report: emptyReport('worker') };
}
