import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once `condition` holds; rejects with `what` after 5 s. For things that other threads or processes do. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`Never came true: ${what}`);
    await sleep(10);
  }
}
