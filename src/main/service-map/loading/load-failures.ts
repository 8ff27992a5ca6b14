import { SwitchyardError, toWireError } from '../../../shared/errors.ts';
import { emptyReport } from '../../../shared/load/run-load.ts';
import type { LoadOutcome } from './collect-load.ts';

/** WORKER_QUEUE_FULL. */
export function queueFull(maxQueued: number): SwitchyardError {
  return new SwitchyardError('WORKER_QUEUE_FULL', `${maxQueued} loads wait for a thread already.`);
}

/** WORKER_CRASH_LOOP. */
export function crashLoop(): SwitchyardError {
  const message = 'Threads were lost one after the other; none is started for a minute.';
  return new SwitchyardError('WORKER_CRASH_LOOP', message);
}

/** WORKER_LOST: the thread of a load is gone, or says nothing. */
export function lost(why: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('WORKER_LOST', `The thread of this load was lost: ${why}.`, { cause });
}

/** The outcome of a load that failed before a thread could say so. */
export function failed(error: unknown): LoadOutcome {
  return { kind: 'failed', error: toWireError(error), report: emptyReport('worker') };
}
