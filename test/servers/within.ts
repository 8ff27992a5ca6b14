import { setTimeout as sleep } from 'node:timers/promises';

/** Settles like `work`, or rejects with `what` after `ms`. `work` continues in the background. */
export async function within<T>(what: string, ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  work.catch(() => {});
  const late = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what}: not finished after ${ms / 1_000} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
