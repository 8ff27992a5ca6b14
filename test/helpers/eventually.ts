import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves once `condition` holds; rejects with `what` after `withinMs`. Use it to wait for effects of other threads or
 * processes.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`Timed out while waiting for this: ${what}`);
    await sleep(10);
  }
}
