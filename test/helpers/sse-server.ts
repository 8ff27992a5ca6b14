import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as jsonOf } from 'node:stream/consumers';

type Json = Readonly<Record<string, unknown>>;

/** A message that was POSTed to an SSE server. */
interface SsePost {
  readonly headers: IncomingHttpHeaders;
  readonly message: Json & { readonly method?: string; readonly params?: Json };
}

export interface SseServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: SsePost[];
}

/** Starts a server of the HTTP+SSE transport (MCP 2024-11-05) with a tool `echo`, which records all POSTs. */
export async function startSseServer(): Promise<SseServer> {
  let stream: ServerResponse | null = null;
  const requests: SsePost[] = [];
  const serverInfo = { name: 'sse', version: '1' };
  const results: Record<string, object> = {
    initialize: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo },
    'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [] },
  };
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /messages\n\n');
      return;
    }
    const message = (await jsonOf(request)) as SsePost['message'];
    requests.push({ headers: request.headers, message });
    response.writeHead(202).end();
    const result = results[message.method ?? ''];
    const answer = { jsonrpc: '2.0', id: message.id, result };
    if (result !== undefined) stream?.write(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
