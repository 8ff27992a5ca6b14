import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from './clients.ts';
import type { Target } from './target.ts';

const POLL_MS = 2;

/**
 * A server that is starting may accept a connection and never answer on it. After this time, the request is sent again.
 */
const ATTEMPT_MS = 200;

/**
 * Requests the tool list again and again until it has `tools` tools. The server may still be starting. Resolves with
 * the time of that list (`performance.now()`), or with null after `capMs`.
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
  // The time for closing the client is not counted, because the response has arrived.
  void client.close();
  return tools;
}
