import { fileURLToPath } from 'node:url';
import type { Fixture } from '../support/fixture.ts';
import { startServing } from '../support/serving-process.ts';

const SCRIPT = fileURLToPath(new URL('./raw-connectors-process.ts', import.meta.url));

export interface RawConnectorsJob {
  readonly count: number;
  /**
   * Number of tools of each server: `tool_0`, `tool_1` and so on. If a call has the argument `bytes`, it returns a
   * string of that size.
   */
  readonly tools: number;
  readonly handshakeMs?: number;
  /** Kind of requests that the server never answers. */
  readonly hangsAt?: 'handshake' | 'call';
}

/** Starts minimal servers that speak both protocol generations and need negligible time to answer. */
export async function startRawConnectors(job: RawConnectorsJob): Promise<Fixture> {
  const serving = await startServing<readonly number[]>(SCRIPT, [JSON.stringify(job)]);
  return {
    urls: serving.printed.map((port) => `http://127.0.0.1:${port}/mcp`),
    pid: serving.pid,
    [Symbol.dispose]: () => serving[Symbol.dispose](),
  };
}
