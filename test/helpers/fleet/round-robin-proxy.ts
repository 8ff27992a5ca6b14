import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One proxied request, and its times (ms of `performance.now()`). */
export interface ProxiedRequest {
  readonly method: string;
  readonly upstream: number;
  readonly fromMs: number;
  /** Null while the request is in progress. */
  toMs: number | null;
  /** Whether the response was complete. */
  isComplete: boolean;
}

/** Hop-by-hop headers (RFC 9110, 7.6.1). */
const HOP_HEADERS = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'];

/**
 * A reverse proxy without affinity: each request goes to the next upstream, regardless of its client. An upstream that
 * refuses the connection is skipped, as in nginx and caddy. Nothing is buffered.
 */
export class RoundRobinProxy implements AsyncDisposable {
  readonly requests: ProxiedRequest[] = [];
  /** Indices of upstreams that get no requests. */
  readonly excluded = new Set<number>();
  readonly #upstreams: readonly URL[];
  readonly #server: Server;
  #next = 0;

  private constructor(upstreams: readonly string[]) {
    this.#upstreams = upstreams.map((url) => new URL(url));
    this.#server = createServer((incoming, answer) => this.#begin(incoming, answer));
    this.#server.requestTimeout = 0;
  }

  static async start(upstreams: readonly string[], port = 0): Promise<RoundRobinProxy> {
    const proxy = new RoundRobinProxy(upstreams);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const hasClosed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await hasClosed;
  }

  #begin(incoming: IncomingMessage, answer: ServerResponse): void {
    const body: Buffer[] = [];
    incoming.on('data', (part: Buffer) => body.push(part));
    incoming.on('end', () => this.#pass(incoming, Buffer.concat(body), answer, this.#upstreams.length));
    incoming.on('error', () => answer.destroy());
  }

  #pass(incoming: IncomingMessage, body: Buffer, answer: ServerResponse, triesLeft: number): void {
    const upstream = this.#choose();
    const target = this.#upstreams[upstream];
    if (triesLeft === 0 || target === undefined) return void answer.writeHead(502).end();
    const { method = 'GET', url = '/' } = incoming;
    const entry: ProxiedRequest = { method, upstream, fromMs: performance.now(), toMs: null, isComplete: false };
    const end = (isComplete: boolean): void => {
      entry.toMs ??= performance.now();
      entry.isComplete ||= isComplete;
    };
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !HOP_HEADERS.includes(name)),
    );
    const outgoing = httpRequest(new URL(url, target), { method, headers, agent: false });
    this.requests.push(entry);
    outgoing.on('socket', (socket: Socket) => socket.setNoDelay(true));
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
      response.on('end', () => end(true));
      response.on('close', () => {
        end(response.complete);
        // Lets the client see that the response was interrupted.
        if (!response.complete) answer.destroy();
      });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      end(false);
      if (error.code === 'ECONNREFUSED') {
        this.requests.splice(this.requests.indexOf(entry), 1);
        this.#pass(incoming, body, answer, triesLeft - 1);
      } else if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end();
    });
    answer.on('close', () => outgoing.destroy());
    outgoing.end(body);
  }

  #choose(): number {
    for (let tried = 0; tried < this.#upstreams.length; tried += 1) {
      const index = this.#next;
      this.#next = (this.#next + 1) % this.#upstreams.length;
      if (!this.excluded.has(index)) return index;
    }
    return -1;
  }
}
