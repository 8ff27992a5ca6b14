import { fileURLToPath } from 'node:url';
import { startServing } from './serving-process.ts';

const SCRIPT = fileURLToPath(new URL('./mcp-fixture.ts', import.meta.url));

/** What the servers of a fixture are like. */
export interface FixtureOptions {
  readonly count: number;
  readonly tools: number;
  readonly handshakeMs?: readonly [min: number, max: number];
  readonly hanging?: number;
  /** Each call takes as long as this, chosen evenly with a fixed seed. */
  readonly callMs?: readonly [min: number, max: number];
  /** Legacy servers with sessions that answer with event streams, rather than stateless ones of both eras. */
  readonly sessions?: boolean;
  /** A server of the modern era of a few lines, without the SDK, so that what is measured is the client. */
  readonly bare?: boolean;
  /** A server of the legacy HTTP+SSE transport of a few lines. */
  readonly sse?: boolean;
  /** Refuse requests without an `Authorization` header, with a Bearer challenge. */
  readonly wantsToken?: boolean;
  /** The port of a single server; any by default. */
  readonly port?: number;
  /** Forget a session after so many calls, 0 for never. */
  readonly callsPerSession?: number;
}

/** Real MCP servers in a process of their own, one origin each. */
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
