import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ConnectorProxyManager } from '../../src/main/index.ts';
import { BENCH_KEY } from '../support/maps.ts';

/** What a cold start needs to know: the address of the map, and the addresses of all servers. */
export interface ColdJob {
  readonly mapUrl: string;
  readonly urls: readonly string[];
  /** Whether one tool of each connector is called as soon as its tools are listed. */
  readonly isCalledToo: boolean;
}

/** Receives the progress of a cold start. */
export interface ColdTell {
  /** Must be called when all code is loaded that a host would have loaded earlier. This call starts the clock. */
  ready(): void;
  /** Must be called when `count` more tools are listed. */
  tools(count: number): void;
  /** Must be called when a tool of one more connector has been called. */
  called(): void;
}

/**
 * A way to connect to all connectors and list their tools, in a new process. Its promise may stay pending after all
 * available tools are listed.
 */
export type ColdStart = (job: ColdJob, tell: ColdTell) => Promise<void>;

async function connect(url: string): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

async function listAndCall(url: string, isCalledToo: boolean, tell: ColdTell): Promise<void> {
  const client = await connect(url);
  tell.tools((await client.listTools()).tools.length);
  if (!isCalledToo) return;
  await client.callTool({ name: 'tool_0', arguments: { query: 'x' } });
  tell.called();
}

export const OWN_WAYS: Readonly<Record<string, ColdStart>> = {
  sdk: async ({ urls, isCalledToo }, tell) => {
    tell.ready();
    await Promise.all(urls.map((url) => listAndCall(url, isCalledToo, tell)));
  },
  sequential: async ({ urls, isCalledToo }, tell) => {
    tell.ready();
    for (const url of urls) await listAndCall(url, isCalledToo, tell);
  },
  manager: async ({ mapUrl, isCalledToo }, tell) => {
    tell.ready();
    const manager = new ConnectorProxyManager({
      serviceMapUrl: mapUrl,
      signatureKey: BENCH_KEY,
      proxy: false,
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
    });
    manager.on('tools', ({ connectorId, added }) => {
      tell.tools(added.length);
      if (isCalledToo) void manager.callTool(`${connectorId}.tool_0`, { query: 'x' }).then(() => tell.called());
    });
    await manager.sync();
  },
};
