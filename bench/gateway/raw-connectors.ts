import { fileURLToPath } from 'node:url';
import type { Fixture } from '../support/fixture.ts';
import { startServing } from '../support/serving-process.ts';

const SCRIPT = fileURLToPath(new URL('./raw-connectors-process.ts', import.meta.url));

export interface RawConnectorsJob {
  readonly count: number;
  /** Number of tools of each server: `tool_0`, `tool_1`, …; a call with `bytes` returns a text of that size. */
  readonly tools: number;
  readonly handshakeMs?: number;
  /** Requests that are never answered. */
  readonly hangsAt?: 'handshake' | 'call';
}

/** Starts servers of both protocol generations that cost next to nothing, so that the servers are not measured. */
export async function startRawConnectors(job: RawConnectorsJob): Promise<Fixture> {
  const serving = await startServing<readonly number[]>(SCRIPT, [JSON.stringify(job)]);
  return {
    urls: serving.printed.map((port) => `http://127.0.0.1:${port}/mcp`),
    pid: serving.pid,
    [Symbol.dispose]: () => serving[Symbol.dispose](),
  };
}
