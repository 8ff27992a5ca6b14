import { settledWithin } from '../../shared/clock.ts';
import type { Logger } from '../observability/logger.ts';

let stuckCount = 0;

/**
 * Waits at most `timeoutMs` for a thread to end. A thread that is stuck in a system call or in native code never ends,
 * and the process then cannot exit normally. Such a thread is logged (WORKER_STUCK), and {@link hasStuckThreads}
 * reports it to code that can kill the process.
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
    'A worker thread does not end, so this process cannot exit normally and has to be killed',
  );
}

/** Whether a thread of this process did not end. If so, the process can only end by sending SIGKILL to itself. */
export function hasStuckThreads(): boolean {
  return stuckCount > 0;
}
