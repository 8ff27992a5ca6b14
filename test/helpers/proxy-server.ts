import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A real forward proxy on loopback: tunnels (CONNECT) and plain forwarding. It notes what it was asked for. */
export class ProxyServer implements AsyncDisposable {
  /** `CONNECT host:port` or `GET http://…`, in order. */
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** What it answers instead of doing its work. */
  refusal: number | null = null;
  readonly #server: Server;
  readonly #tunnels = new Set<Duplex>();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#note(request);
      if (this.refusal !== null) {
        response.writeHead(this.refusal).end();
        return;
      }
      const { 'proxy-authorization': _own, ...headers } = request.headers;
      const onward = httpRequest(request.url ?? '', { method: request.method ?? 'GET', headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.writeHead(502).end());
      request.pipe(onward);
    });
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex) => this.#tunnel(request, socket));
  }

  static async start(): Promise<ProxyServer> {
    const proxy = new ProxyServer();
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** With credentials in it where they are given. */
  url(credentials = ''): string {
    return `http://${credentials}127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #note(request: IncomingMessage): void {
    this.asked.push(`${request.method} ${request.url}`);
    this.authorizations.push(request.headers['proxy-authorization']);
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    this.#note(request);
    this.#tunnels.add(socket);
    socket.on('error', () => {}).on('close', () => this.#tunnels.delete(socket));
    if (this.refusal !== null) {
      socket.end(`HTTP/1.1 ${this.refusal} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#tunnels) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
