import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { openRawClient } from './raw-client.ts';
import type { BenchClient, Target } from './target.ts';

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
    // `refresh` makes the client request each list from the server, so that its own cache is not measured.
    list: async () => (await client.listTools(undefined, { cacheMode: 'refresh' })).tools.length,
    close: () => client.close(),
  };
}
