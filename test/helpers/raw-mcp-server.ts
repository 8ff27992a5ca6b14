import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { Agent } from 'undici';
import type { Connection, ConnectorTarget } from '../../src/main/connectors/connection/connection.ts';
import { NO_CREDENTIALS } from '../../src/main/connectors/credentials/credentials.ts';
import { createStreamableHttpConnect } from '../../src/main/connectors/streamable-http/streamable-http-connect.ts';
import { type HostSide, TOOLS_ONLY } from '../../src/main/mcp/host-side.ts';
import type { RemoteToolDefinition } from '../../src/shared/tools/tool-definition.ts';

type Json = Readonly<Record<string, unknown>>;

/** A request as it was received. `message` is the JSON of a POST. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly message: Json & { readonly id?: number | string; readonly method?: string; readonly params?: Json };
  readonly response: ServerResponse;
  /** Responds with a result as JSON. */
  readonly result: (result: Json) => void;
  /** Responds with an event stream that contains these messages, and leaves the stream open. */
  readonly events: (...messages: readonly unknown[]) => void;
}

/** Handles one kind of request. The kinds are the MCP methods, such as `initialize`, and `GET` and `DELETE`. */
export type Answer = (request: RawRequest) => void;

const LEGACY: Readonly<Record<string, Answer>> = {
  'server/discover': ({ response }) => void response.writeHead(404).end(),
  initialize: ({ result }) =>
    result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'raw', version: '1' } }),
  'notifications/initialized': ({ response }) => void response.writeHead(202).end(),
  'notifications/cancelled': ({ response }) => void response.writeHead(202).end(),
  'tools/list': ({ result }) => result({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
  'tools/call': ({ result, message }) => result({ content: [{ type: 'text', text: JSON.stringify(message.params) }] }),
  GET: ({ response }) => void response.writeHead(405).end(),
  DELETE: ({ response }) => void response.writeHead(204).end(),
};

/** Answers that make a server speak the modern protocol. */
export const MODERN: Readonly<Record<string, Answer>> = {
  'server/discover': ({ result }) =>
    result({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'raw', version: '1' } },
    }),
};

/** An HTTP server whose every response a test can define. By default, it is a legacy MCP server without sessions. */
export class RawMcpServer implements AsyncDisposable {
  readonly requests: RawRequest[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly answers: Record<string, Answer>;
  readonly #server = createServer((request, response) => void this.#take(request, response));

  private constructor(answers: Readonly<Record<string, Answer>>) {
    this.answers = { ...LEGACY, ...answers };
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(answers: Readonly<Record<string, Answer>> = {}): Promise<RawMcpServer> {
    const server = new RawMcpServer(answers);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`);
  }

  /** Returns the requests of this kind. */
  of(kind: string): RawRequest[] {
    return this.requests.filter(({ method, message }) => (message.method ?? method) === kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const message = (text === '' ? {} : JSON.parse(text)) as RawRequest['message'];
    const raw: RawRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      message,
      response,
      result: (result) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
      },
      events: (...messages) => {
        if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const event of messages) response.write(`data: ${JSON.stringify(event)}\n\n`);
      },
    };
    this.requests.push(raw);
    const kind = request.method === 'POST' ? String(message.method ?? 'answer') : String(request.method);
    const answer = this.answers[kind];
    if (answer === undefined) response.writeHead(202).end();
    else answer(raw);
  }
}

/** A connection to a raw server, and the events that it reported. */
export interface RawConnection extends AsyncDisposable {
  readonly connection: Connection;
  readonly lost: Error[];
  readonly changes: { count: number };
  readonly call: (args?: Json, options?: CallOptions) => ReturnType<Connection['callTool']>;
}

interface CallOptions {
  readonly tool?: RemoteToolDefinition;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly progress: number }) => void;
}

export interface RawConnectOptions extends Partial<ConnectorTarget> {
  readonly host?: HostSide;
  readonly maxResultBytes?: number;
  readonly timeoutMs?: number;
}

/** Connects to a raw server with our own Streamable HTTP client. */
export async function connectRaw(
  server: { readonly url: URL },
  options: RawConnectOptions = {},
): Promise<RawConnection> {
  const { host = TOOLS_ONLY, maxResultBytes = 1_000_000, timeoutMs = 2_000, ...target } = options;
  const agent = new Agent();
  const lost: Error[] = [];
  const changes = { count: 0 };
  const connect = createStreamableHttpConnect({ dispatcher: agent, maxResultBytes, host });
  const events = {
    onLost: (error: Error) => void lost.push(error),
    onToolsChanged: () => {
      changes.count += 1;
    },
  };
  const whole: ConnectorTarget = {
    id: 'raw',
    name: 'Raw',
    url: server.url,
    headers: {},
    era: 'auto',
    transport: 'auto',
    credentials: NO_CREDENTIALS,
    command: null,
    ...target,
  };
  const limit = AbortSignal.timeout(timeoutMs);
  const connection = await connect(whole, events, { signal: limit, timeoutMs }).catch(async (error: unknown) => {
    await agent.destroy();
    throw error;
  });
  const never = new AbortController().signal;
  const echo: RemoteToolDefinition = { name: 'echo', inputSchema: { type: 'object' } };
  return {
    connection,
    lost,
    changes,
    call: (args = {}, { tool = echo, signal = never, onProgress } = {}) =>
      connection.callTool(tool, args, { signal, timeoutMs: 5_000, onProgress }),
    async [Symbol.asyncDispose]() {
      await connection.close();
      await agent.destroy();
    },
  };
}
