import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { openRawClient } from './raw-client.ts';

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

export type ClientKind = 'sdk' | 'raw';

export function openClient(kind: ClientKind, target: Target): Promise<BenchClient> {
  return kind === 'raw' ? openRawClient(target) : openSdkClient(target);
}

async function openSdkClient({ url, speaks }: Target): Promise<BenchClient> {
  const mode = speaks === 'modern' ? 'auto' : 'legacy';
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode } });
  const transport =
    speaks === 'sse' ? new SSEClientTransport(new URL(url)) : new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  return {
    call: (name, args) => client.callTool({ name, arguments: args }),
    // Each list is asked for: what the client remembers is not what is measured.
    list: async () => (await client.listTools(undefined, { cacheMode: 'refresh' })).tools.length,
    close: () => client.close(),
  };
}
