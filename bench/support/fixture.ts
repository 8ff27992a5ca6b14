import { fileURLToPath } from 'node:url';
import { startServing } from './serving-process.ts';

const SCRIPT = fileURLToPath(new URL('./mcp-fixture.ts', import.meta.url));

/** Options of the servers of a fixture. */
export interface FixtureOptions {
  readonly count: number;
  readonly tools: number;
  readonly handshakeMs?: readonly [min: number, max: number];
  readonly hanging?: number;
  /** Duration of each call, uniformly distributed with a fixed seed. */
  readonly callMs?: readonly [min: number, max: number];
  /** Use legacy servers with sessions and event streams, instead of stateless servers of both protocol generations. */
  readonly sessions?: boolean;
  /** Use a minimal server of the modern protocol without the SDK, so that the client is measured. */
  readonly bare?: boolean;
  /** Use a minimal server of the legacy HTTP+SSE transport. */
  readonly sse?: boolean;
  /** Refuse requests without an `Authorization` header, with a Bearer challenge. */
  readonly wantsToken?: boolean;
  /** Port of a single server. Defaults to any free port. */
  readonly port?: number;
  /** Number of calls after which a session is forgotten; 0 for never. */
  readonly callsPerSession?: number;
}

/** Real MCP servers in their own process, each with its own origin. */
export interface Fixture extends Disposable {
  readonly urls: readonly string[];
  readonly pid: number;
}

/** Starts the servers; they are killed with the scope, and with this process. */
export async function startFixture(options: FixtureOptions): Promise<Fixture> {
  const serving = await startServing<readonly number[]>(SCRIPT, [JSON.stringify(options)]);
  return {
    urls: serving.printed.map((port) => `http://127.0.0.1:${port}/mcp`),
    pid: serving.pid,
    [Symbol.dispose]: () => serving[Symbol.dispose](),
  };
}
