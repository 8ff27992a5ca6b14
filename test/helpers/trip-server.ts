import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { text as textOf } from 'node:stream/consumers';

type Json = Readonly<Record<string, unknown>>;

/** A request as the server received it. Its times are those of `performance.now()`. */
export interface Trip {
  /** The MCP or HTTP method. */
  readonly method: string;
  /** Index of the connection that carried the request. */
  readonly connection: number;
  readonly startedMs: number;
  endedMs: number;
}

/** A request, with functions that send its result or an error. */
interface TripRequest {
  readonly message: Json & { readonly id?: number | string; readonly params?: Json };
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly result: (result: Json, headers?: Record<string, string>) => void;
  readonly error: (code: number, message: string, status?: number) => void;
}

export interface TripServerOptions {
  readonly era: 'legacy' | 'modern';
  /** Delay before a request is handled. */
  readonly delayMs?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Either responds to a request and returns true, or returns false so that the usual response is sent. */
  readonly answer?: (method: string, request: TripRequest) => boolean;
}

/** The tools of every TripServer. */
const TOOLS = [{ name: 'echo', inputSchema: { type: 'object' } }];

/** A real MCP server that logs its connections and requests. It answers each request after the same delay. */
export class TripServer implements AsyncDisposable {
  readonly trips: Trip[] = [];
  connections = 0;
  /** TLS handshakes; 0 without TLS. */
  handshakes = 0;
  readonly #options: TripServerOptions;
  readonly #server: Server & { closeAllConnections(): void };

  private constructor(options: TripServerOptions) {
    this.#options = options;
    const listener: RequestListener = (request, response) => void this.#take(request, response);
    this.#server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
    const numbers = new WeakMap<object, number>();
    this.#server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket) => {
      numbers.set(socket, this.connections);
      this.connections += 1;
      if (options.tls !== undefined) this.handshakes += 1;
      Object.assign(socket, { tripConnection: numbers.get(socket) });
    });
  }

  static async start(options: TripServerOptions): Promise<TripServer> {
    const server = new TripServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/mcp`;
  }

  get methods(): string[] {
    return this.trips.map(({ method }) => method);
  }

  count(method: string): number {
    return this.methods.filter((name) => name === method).length;
  }

  /**
   * Length of the longest chain of requests in which each request began after the end of the one before. Only requests
   * that had ended when the last tool list was answered are counted.
   */
  get sequential(): number {
    const last = this.trips.findLast(({ method }) => method === 'tools/list');
    const before = this.trips.filter(({ endedMs }) => endedMs <= (last?.endedMs ?? 0));
    const depth = (trip: Trip): number =>
      1 + Math.max(0, ...before.filter(({ endedMs }) => endedMs <= trip.startedMs).map(depth));
    return last === undefined ? 0 : depth(last);
  }

  /** Number of connections that have carried at least one request. */
  get usedConnections(): number {
    return new Set(this.trips.map(({ connection }) => connection)).size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const connection = Reflect.get(request.socket, 'tripConnection') as number;
    const text = await textOf(request);
    const message = (text === '' ? {} : JSON.parse(text)) as TripRequest['message'];
    const method = String(message.method ?? request.method);
    const trip: Trip = { method, connection, startedMs, endedMs: Number.POSITIVE_INFINITY };
    this.trips.push(trip);
    response.once('finish', () => {
      trip.endedMs = performance.now();
    });
    if (this.#options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, this.#options.delayMs));
    const result = (value: Json, headers: Record<string, string> = {}): void => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: value }));
    };
    const error = (code: number, text: string, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id ?? null, error: { code, message: text } }));
    };
    const asked: TripRequest = { message, request, response, result, error };
    if (this.#options.answer?.(method, asked) !== true) usualAnswer(this.#options.era, method, asked);
  }
}

function usualAnswer(
  era: 'legacy' | 'modern',
  method: string,
  { message, response, result, error }: TripRequest,
): void {
  const isModern = message.params?._meta !== undefined;
  if (era === 'modern' && !isModern) error(-32_600, 'This server speaks 2026-07-28', 400);
  else if (method === 'server/discover' && era === 'modern')
    result({ resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
  else if (method === 'initialize')
    result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'trips', version: '1' } });
  else if (method === 'tools/list' && (era === 'modern') === isModern)
    result({ resultType: 'complete', tools: TOOLS, ttlMs: 60_000, cacheScope: 'public' });
  else if (method === 'tools/call') result({ content: [{ type: 'text', text: 'done' }] });
  else if (message.id === undefined) response.writeHead(method === 'GET' ? 405 : 202).end();
  else error(-32_601, 'Method not found', 404);
}
