import { fileURLToPath } from 'node:url';
import { startServing } from './serving-process.ts';

const SCRIPT = fileURLToPath(new URL('./mcp-fixture.ts', import.meta.url));

/** Options of {@link startFixture}. */
export interface FixtureOptions {
  readonly count: number;
  readonly tools: number;
  readonly handshakeMs?: readonly [min: number, max: number];
  readonly hanging?: number;
  /** Shortest and longest duration of a call. The durations are random with a fixed seed, and uniformly distributed. */
  readonly callMs?: readonly [min: number, max: number];
  /**
   * Whether to start legacy servers with sessions and event streams. By default, the servers are stateless and speak
   * both generations of the protocol.
   */
  readonly sessions?: boolean;
  /**
   * Whether to start minimal servers of the modern protocol. They do not use the SDK, and need negligible time to
   * answer.
   */
  readonly bare?: boolean;
  /** Whether to start minimal servers with the legacy HTTP+SSE transport. */
  readonly sse?: boolean;
  /** Whether to refuse requests without an `Authorization` header. The response is then a Bearer challenge. */
  readonly wantsToken?: boolean;
  /** Port of the server, if there is only one. Defaults to any free port. */
  readonly port?: number;
  /** Number of calls after which the server forgets a session; 0 if it never does. */
  readonly callsPerSession?: number;
}

/** Real MCP servers in one separate process. Each has its own port. */
export interface Fixture extends Disposable {
  readonly urls: readonly string[];
  readonly pid: number;
}

/** Starts the servers. They are killed when the result is disposed of, and when this process exits. */
export async function startFixture(options: FixtureOptions): Promise<Fixture> {
  const serving = await startServing<readonly number[]>(SCRIPT, [JSON.stringify(options)]);
  return {
    urls: serving.printed.map((port) => `http://127.0.0.1:${port}/mcp`),
    pid: serving.pid,
    [Symbol.dispose]: () => serving[Symbol.dispose](),
  };
}
