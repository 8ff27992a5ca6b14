import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from './clients.ts';
import type { Target } from './target.ts';

const POLL_MS = 2;

/** A server that is starting may accept a connection and never answer over it: then the request is repeated. */
const ATTEMPT_MS = 200;

/**
 * Lists until `tools` tools are listed; the server need not be up yet. Resolves with the time of that list by
 * `performance.now()`, or with null after `capMs`.
 */
export async function firstList(target: Target, tools: number, capMs: number): Promise<number | null> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < capMs) {
    if ((await listOnce(target)) >= tools) return performance.now();
    await sleep(POLL_MS);
  }
  return null;
}

async function listOnce(target: Target): Promise<number> {
  try {
    return await Promise.race([list(target), sleep(ATTEMPT_MS, 0, { ref: false })]);
  } catch {
    return 0;
  }
}

async function list(target: Target): Promise<number> {
  const client = await openClient('raw', target);
  const tools = await client.list();
  // The response has arrived: closing does not count.
  void client.close();
  return tools;
}
