/**
 * Target of a client, and its protocol: a revision of either generation over Streamable HTTP, or the HTTP+SSE transport
 * of 2024-11-05.
 */
export interface Target {
  readonly way: string;
  readonly url: string;
  readonly speaks: 'modern' | 'legacy' | 'sse';
  /** Name of the tool to call, in the target's own form. */
  readonly tool: string;
  /** Process id of the gateway; null without one. */
  readonly pid: number | null;
}

/** A connected MCP client. */
export interface BenchClient {
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Resolves with the number of tools. */
  list(): Promise<number>;
  close(): Promise<void>;
}
