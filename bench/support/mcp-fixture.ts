/**
 * Real MCP servers in a separate process: `node mcp-fixture.ts OPTIONS`, where OPTIONS is JSON. Each server has its own
 * port, and therefore its own origin. Prints the ports as JSON, and runs until it is killed.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { FixtureOptions } from './fixture.ts';
import { seededRandom } from './seeded-random.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as FixtureOptions;
const {
  count,
  tools,
  handshakeMs = [0, 0],
  hanging = 0,
  callMs,
  sessions = false,
  bare = false,
  sse = false,
  wantsToken = false,
  port = 0,
  callsPerSession = 0,
} = options;
const inputSchema = z.object({ query: z.string(), limit: z.number().optional() });
const random = seededRandom(1);

function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } });
  for (let tool = 0; tool < tools; tool += 1) {
    const description = `Looks up things of kind ${tool} in the archive of the bench`;
    server.registerTool(`tool_${tool}`, { description, inputSchema }, async ({ query }) => {
      if (callMs !== undefined) await sleep(callMs[0] + random() * (callMs[1] - callMs[0]));
      return { content: [{ type: 'text', text: query }] };
    });
  }
  return server;
}

const stateless = (): RequestListener => {
  const handle = toNodeHandler(createMcpHandler(createMcpServer));
  return (request, response) => void handle(request as Parameters<typeof handle>[0], response);
};

/**
 * Creates a listener that opens a session for each client, as the legacy revisions of the specification define. Each
 * session has its own server.
 */
function withSessions(): RequestListener {
  const live = new Map<string, { transport: NodeStreamableHTTPServerTransport; calls: number }>();
  return async (request, response) => {
    const id = request.headers['mcp-session-id'];
    const body = request.method === 'POST' ? await bodyOf(request) : undefined;
    if (typeof id === 'string') {
      const session = live.get(id);
      if (session === undefined) return void response.writeHead(404).end();
      if ((body as { method?: string } | undefined)?.method === 'tools/call') {
        if (callsPerSession > 0 && session.calls >= callsPerSession) {
          live.delete(id);
          void session.transport.close();
          return void response.writeHead(404).end();
        }
        session.calls += 1;
      }
      return void session.transport.handleRequest(request, response, body);
    }
    if ((body as { method?: string } | undefined)?.method !== 'initialize') return void response.writeHead(400).end();
    const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (sessionId) => void live.set(sessionId, { transport, calls: 0 }),
    });
    transport.onclose = () => void (transport.sessionId !== undefined && live.delete(transport.sessionId));
    await createMcpServer().connect(transport);
    await transport.handleRequest(request, response, body);
  };
}

/** Creates a minimal server. All of its responses to one method are the same, except for the id. */
function bareServer(): RequestListener {
  const tool = { name: 'tool_0', description: 'Looks things up', inputSchema: { type: 'object' } };
  const shared = { resultType: 'complete', ttlMs: 3_600_000, cacheScope: 'private' };
  const results: Readonly<Record<string, object>> = {
    'server/discover': {
      ...shared,
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      serverInfo: { name: 'bare', version: '1' },
    },
    'tools/list': { ...shared, tools: [tool] },
    'tools/call': { resultType: 'complete', content: [{ type: 'text', text: 'railway' }] },
  };
  return async (request, response) => {
    const { id, method } = (await bodyOf(request)) as { id?: unknown; method: string };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
  };
}

/**
 * Creates a server for HTTP+SSE (MCP 2024-11-05). Each session has one event stream. The client posts its messages to
 * the endpoint of the session.
 */
function sseServer(): RequestListener {
  const streams = new Map<string, ServerResponse>();
  const results: Readonly<Record<string, object>> = {
    initialize: {
      protocolVersion: '2024-11-05',
      capabilities: { tools: {} },
      serverInfo: { name: 'sse', version: '1' },
    },
    'tools/list': { tools: [{ name: 'tool_0', description: 'Looks things up', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'railway' }] },
  };
  return async (request, response) => {
    if (request.method === 'GET') {
      const id = randomUUID();
      streams.set(id, response.writeHead(200, { 'content-type': 'text/event-stream' }));
      response.on('close', () => streams.delete(id));
      response.write(`event: endpoint\ndata: /messages?sessionId=${id}\n\n`);
      return;
    }
    const stream = streams.get(/sessionId=(.+)$/.exec(request.url ?? '')?.[1] ?? '');
    const { id, method } = (await bodyOf(request)) as { id?: unknown; method: string };
    if (stream === undefined) return void response.writeHead(405).end();
    response.writeHead(202).end('Accepted');
    const answer = { jsonrpc: '2.0', id, result: results[method] ?? {} };
    if (id !== undefined) stream.write(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/**
 * Returns a listener that answers handshakes after `delayMs`. The delays are spread evenly over the servers, and are
 * the same in each run.
 */
function listenerOf(delayMs: number): RequestListener {
  const make = bare ? bareServer : sse ? sseServer : sessions ? withSessions : stateless;
  const listener = make();
  if (delayMs === 0) return listener;
  return (request, response) => {
    // After the handshake, a client sends the revision that was agreed on. So a request without a revision belongs to
    // the handshake.
    const { 'mcp-method': method, 'mcp-protocol-version': revision } = request.headers;
    const isHandshake = method === 'server/discover' || (request.method === 'POST' && revision === undefined);
    if (isHandshake) setTimeout(() => listener(request, response), delayMs);
    else listener(request, response);
  };
}

function behindToken(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.authorization !== undefined) return listener(request, response);
    request.resume();
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
  };
}

const ports = await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    const [minMs, maxMs] = handshakeMs;
    const delayMs = count === 1 ? minMs : minMs + ((maxMs - minMs) * index) / (count - 1);
    const listener = index < hanging ? () => {} : listenerOf(delayMs);
    const server = createServer(wantsToken ? behindToken(listener) : listener);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }),
);
process.stdout.write(`${JSON.stringify(ports)}\n`);
