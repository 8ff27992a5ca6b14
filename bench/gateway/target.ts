/** Where a client goes, and what it speaks there: a revision of either era over Streamable HTTP, or the HTTP+SSE transport of 2024-11-05. */
export interface Target {
  readonly way: string;
  readonly url: string;
  readonly speaks: 'modern' | 'legacy' | 'sse';
  /** What is called, as it is called there. */
  readonly tool: string;
  /** The gateway; null where there is none. */
  readonly pid: number | null;
}

/** An MCP client that is connected. */
export interface BenchClient {
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Resolves with the number of tools. */
  list(): Promise<number>;
  close(): Promise<void>;
}
