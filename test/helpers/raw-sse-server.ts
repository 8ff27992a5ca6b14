import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { Agent } from 'undici';
import type { Connection, ConnectorTarget } from '../../src/main/connectors/connection/connection.ts';
import { NO_CREDENTIALS } from '../../src/main/connectors/credentials/credentials.ts';
import { createSseConnect } from '../../src/main/connectors/sse/sse-connect.ts';
import { type HostSide, TOOLS_ONLY } from '../../src/main/mcp/host-side.ts';
import type { RemoteToolDefinition } from '../../src/shared/tools/tool-definition.ts';
import { eventually } from './eventually.ts';

type Json = Readonly<Record<string, unknown>>;

/** A request as it was received. `message` is the JSON of a POST. */
export interface SseRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly message: Json & { readonly id?: number | string; readonly method?: string; readonly params?: Json };
  readonly text: string;
  readonly response: ServerResponse;
  /** Accepts a POST with 202. */
  readonly accept: () => void;
  /** Accepts a POST, and sends the result of its request over the newest event stream. */
  readonly result: (result: Json) => void;
  /** Sends messages over the newest event stream. */
  readonly send: (...messages: readonly unknown[]) => void;
}

/**
 * Handles one kind of request. The kinds are the MCP methods, such as `initialize`, and `GET` and `answer` (the
 * client's answer to a server request).
 */
export type SseAnswer = (request: SseRequest, server: RawSseServer) => void;

const DEFAULTS: Readonly<Record<string, SseAnswer>> = {
  GET: (_, server) => void server.openStream(),
  initialize: ({ result }) =>
    result({ protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 'sse', version: '1' } }),
  'tools/list': ({ result }) => result({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
  'tools/call': ({ result, message }) => result({ content: [{ type: 'text', text: JSON.stringify(message.params) }] }),
};

/** An HTTP+SSE server (MCP 2024-11-05) whose every response a test can define. */
export class RawSseServer implements AsyncDisposable {
  readonly requests: SseRequest[] = [];
  /** The opened event streams, the newest last. */
  readonly streams: ServerResponse[] = [];
  readonly answers: Record<string, SseAnswer>;
  #opening: ServerResponse | null = null;
  readonly #server = createServer((request, response) => void this.#take(request, response));

  private constructor(answers: Readonly<Record<string, SseAnswer>>) {
    this.answers = { ...DEFAULTS, ...answers };
  }

  static async start(answers: Readonly<Record<string, SseAnswer>> = {}): Promise<RawSseServer> {
    const server = new RawSseServer(answers);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): URL {
    return new URL('/sse', this.origin);
  }

  /** The newest event stream. */
  get stream(): ServerResponse {
    const stream = this.streams.at(-1);
    if (stream === undefined) throw new Error('No event stream was opened');
    return stream;
  }

  /** Number of open event streams. */
  get openStreams(): number {
    return this.streams.filter(({ closed, writableEnded }) => !closed && !writableEnded).length;
  }

  /** Returns the requests of this kind. */
  of(kind: string): SseRequest[] {
    return this.requests.filter(({ method, message }) => (message.method ?? method) === kind);
  }

  /**
   * Responds to the pending GET with an event stream. The stream begins with `start`, which defaults to an `endpoint`
   * event.
   */
  openStream(start: string = this.endpoint()): ServerResponse {
    const response = this.#opening;
    if (response === null) throw new Error('There is no pending GET');
    this.streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
    response.flushHeaders();
    if (start !== '') response.write(start);
    return response;
  }

  endpoint(address = `/messages?sessionId=${this.streams.length + 1}`): string {
    return `event: endpoint\ndata: ${address}\n\n`;
  }

  send(...messages: readonly unknown[]): void {
    for (const message of messages) this.stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const message = (text === '' ? {} : JSON.parse(text)) as SseRequest['message'];
    const accept = (): void => void response.writeHead(202).end('Accepted');
    const raw: SseRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      message,
      text,
      response,
      accept,
      result: (result) => {
        accept();
        this.send({ jsonrpc: '2.0', id: message.id, result });
      },
      send: (...messages) => this.send(...messages),
    };
    this.requests.push(raw);
    if (raw.method === 'GET') this.#opening = response;
    const kind = raw.method === 'POST' ? String(message.method ?? 'answer') : raw.method;
    const answer = this.answers[kind];
    if (answer === undefined) accept();
    else answer(raw, this);
  }
}

/** A connection to a raw SSE server, and the events that it reported. */
export interface SseConnection extends AsyncDisposable {
  readonly connection: Connection;
  readonly lost: Error[];
  readonly notices: [method: string, params: Json][];
  readonly changes: { count: number };
  readonly call: (args?: Json, options?: SseCallOptions) => ReturnType<Connection['callTool']>;
}

interface SseCallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly progress: number }, params: Json) => void;
}

export interface SseConnectOptions extends Partial<ConnectorTarget> {
  readonly host?: HostSide;
  readonly maxResultBytes?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Connects to a raw server with our own SSE client. */
export async function connectSse(
  server: { readonly url: URL },
  options: SseConnectOptions = {},
): Promise<SseConnection> {
  const { host = TOOLS_ONLY, maxResultBytes = 1_000_000, timeoutMs = 2_000, signal, ...target } = options;
  const agent = new Agent();
  const lost: Error[] = [];
  const notices: [string, Json][] = [];
  const changes = { count: 0 };
  const connect = createSseConnect({ dispatcher: agent, maxResultBytes, host });
  const events = {
    onLost: (error: Error) => void lost.push(error),
    onToolsChanged: () => {
      changes.count += 1;
    },
    onNotification: (method: string, params: Json) => void notices.push([method, params]),
  };
  const whole: ConnectorTarget = {
    id: 'raw',
    name: 'Raw',
    url: server.url,
    headers: {},
    era: 'auto',
    transport: 'sse',
    credentials: NO_CREDENTIALS,
    command: null,
    ...target,
  };
  const limits = { signal: signal ?? AbortSignal.timeout(timeoutMs), timeoutMs };
  const connection = await connect(whole, events, limits).catch(async (error: unknown) => {
    await agent.destroy();
    throw error;
  });
  const never = new AbortController().signal;
  const echo: RemoteToolDefinition = { name: 'echo', inputSchema: { type: 'object' } };
  return {
    connection,
    lost,
    notices,
    changes,
    call: (args = {}, { signal: until = never, onProgress } = {}) =>
      connection.callTool(echo, args, { signal: until, timeoutMs: 5_000, onProgress }),
    async [Symbol.asyncDispose]() {
      await connection.close();
      await agent.destroy();
    },
  };
}

/** Resolves once no event stream of the server is open. */
export function noStreamLeft(server: RawSseServer): Promise<void> {
  return eventually('no event stream is open', () => server.openStreams === 0);
}
