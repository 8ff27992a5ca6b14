import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A loopback HTTP server for one map. It records all requests and answers conditional requests. */
export class MapServer implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;
  #answer: Answer = (_, response) => response.writeHead(404).end();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(request);
      this.#answer(request, response);
    });
  }

  static async start(body?: Uint8Array): Promise<MapServer> {
    const server = new MapServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    if (body !== undefined) server.serve(body);
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/map`;
  }

  /** Serves these bytes from now on, with their own ETag. */
  serve(body: Uint8Array, etag: string = `"${createHash('sha256').update(body).digest('hex').slice(0, 12)}"`): void {
    this.answer((request, response) => {
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag, 'content-type': 'application/json' }).end(body);
    });
  }

  /** Sets the response to all requests. */
  answer(answer: Answer): void {
    this.#answer = answer;
  }

  /** Responds to every request with this status. */
  fail(status = 503): void {
    this.answer((_, response) => response.writeHead(status).end('no'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
