/**
 * What a client connects to, and how. `modern` and `legacy` are protocol generations over Streamable HTTP. `sse` is the
 * HTTP+SSE transport of revision 2024-11-05.
 */
export interface Target {
  readonly way: string;
  readonly url: string;
  readonly speaks: 'modern' | 'legacy' | 'sse';
  /** Name of the tool to call, as this target lists it. */
  readonly tool: string;
  /** Id of the gateway's process; null if the target is not a gateway. */
  readonly pid: number | null;
}

/** A connected MCP client. */
export interface BenchClient {
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Lists all tools, and resolves with their number. */
  list(): Promise<number>;
  close(): Promise<void>;
}
