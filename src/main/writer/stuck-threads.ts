import { settledWithin } from '../../shared/clock.ts';
import type { Logger } from '../observability/logger.ts';

let stuckCount = 0;

/**
 * Waits so long for a thread to end. One that is stuck in a system call or in native code never does, and then the
 * process cannot exit by itself either: that is said aloud (WORKER_STUCK) and remembered for whoever can kill the
 * process.
 */
export async function awaitEnd(ending: Promise<unknown>, timeoutMs: number, logger: Logger): Promise<void> {
  let hasEnded = false;
  const ended = ending.finally(() => {
    hasEnded = true;
  });
  await settledWithin(ended, timeoutMs);
  if (hasEnded) return;
  stuckCount += 1;
  logger.error(
    { event: 'worker-stuck', code: 'WORKER_STUCK', timeoutMs },
    'A worker thread does not end; this process will not exit by itself and has to be killed',
  );
}

/** Whether a thread of this process was given up on; a process that is done then has to end by SIGKILL. */
export function hasStuckThreads(): boolean {
  return stuckCount > 0;
}
