import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent } from 'undici';
import { ConnectorProxyManager, createServiceMapSignature } from '../../src/main/index.ts';
import { BENCH_KEY } from '../support/maps.ts';

/** Calls `tool_0` of the server with this index. */
export type Call = (index: number) => Promise<unknown>;

/** Protocol that a client is configured for. `sse` means HTTP+SSE. */
export type Speech = 'auto' | 'legacy' | 'sse';

/**
 * A way to call tools of running servers. As soon as calls are possible, resolves with the function that calls a tool.
 */
export type CallWay = (urls: readonly string[], speech: Speech) => Promise<Call>;

const args = { query: 'railway' };

const sdk: CallWay = async (urls, speech) => {
  const mode = speech === 'sse' ? 'legacy' : speech;
  const clients = await Promise.all(
    urls.map(async (url) => {
      const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode } });
      const Transport = speech === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
      await client.connect(new Transport(new URL(url)));
      await client.listTools();
      return client;
    }),
  );
  return async (index) => clients[index]?.callTool({ name: 'tool_0', arguments: args });
};

const manager: CallWay = async (urls) => (await managerOf(urls)).call;

/** Creates a manager, and waits until its connectors are connected. */
export async function managerOf(
  urls: readonly string[],
): Promise<{ readonly manager: ConnectorProxyManager; readonly call: Call }> {
  const connectors = urls.map((endpoint, index) => ({
    id: `c${index}`,
    version: '1',
    name: `Connector ${index}`,
    status: 'enabled',
    ttl: 300,
    scopes: ['bench'],
    endpoint,
  }));
  const map = { id: 'bench', brand: 'bench', generatedAt: new Date().toISOString(), ttlSeconds: 86_400, connectors };
  const body = JSON.stringify({ ...map, signature: createServiceMapSignature(map, BENCH_KEY) });
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const created = new ConnectorProxyManager({
    serviceMapUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    signatureKey: BENCH_KEY,
    proxy: false,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
  });
  await created.sync();
  await created.ready('all', { timeoutMs: 30_000 });
  return { manager: created, call: (index) => created.callTool(`c${index}.tool_0`, args) };
}

/**
 * Shows how fast a call can be at best, because it only sends the same bytes with undici. Works only with stateless
 * servers of the modern protocol.
 */
const raw: CallWay = async (urls) => {
  const agent = new Agent();
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'tool_0',
  };
  let id = 0;
  return async (index) => {
    const url = new URL(urls[index] ?? '');
    id += 1;
    const params = { name: 'tool_0', arguments: args, _meta: meta };
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
    const answer = await agent.request({ origin: url.origin, path: url.pathname, method: 'POST', headers, body });
    return JSON.parse(await answer.body.text()) as unknown;
  };
};

export const CALL_WAYS: Readonly<Record<string, CallWay>> = { sdk, manager, raw };
