import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { KeyPair } from './tls-server.ts';

interface ProxyServerOptions {
  /** `user:password` that every request must send. */
  readonly credentials?: string;
  /** If given, clients reach the proxy itself over https with this certificate. */
  readonly tls?: KeyPair;
}

/** A real forward proxy on loopback with tunnels (CONNECT) and plain forwarding. It records its requests. */
export class ProxyServer implements AsyncDisposable {
  /** The requests in order, as `CONNECT host:port` or `GET http://…`. */
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** Status that the proxy responds with instead of forwarding; null to forward. */
  refusal: number | null = null;
  readonly #server: Server;
  readonly #isSecure: boolean;
  readonly #wanted: string | null;
  readonly #tunnels = new Set<Duplex>();

  private constructor({ credentials, tls }: ProxyServerOptions) {
    this.#isSecure = tls !== undefined;
    this.#wanted = credentials === undefined ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
    const forward: RequestListener = (request, response) => {
      this.#note(request);
      const refusal = this.#refusalOf(request);
      if (refusal !== null) {
        response.writeHead(refusal).end();
        return;
      }
      const { 'proxy-authorization': _own, ...headers } = request.headers;
      const onward = httpRequest(request.url ?? '', { method: request.method ?? 'GET', headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.writeHead(502).end());
      request.pipe(onward);
    };
    this.#server = tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex) => this.#tunnel(request, socket));
  }

  static async start(options: ProxyServerOptions = {}): Promise<ProxyServer> {
    const proxy = new ProxyServer(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** Returns the URL of the proxy, with credentials (`user:password@`) if given. */
  url(credentials = ''): string {
    const { port } = this.#server.address() as AddressInfo;
    // A proxy with TLS is addressed as `localhost`, because undici cannot reach it by its IP address.
    return this.#isSecure ? `https://${credentials}localhost:${port}` : `http://${credentials}127.0.0.1:${port}`;
  }

  #refusalOf(request: IncomingMessage): number | null {
    const isKnown = this.#wanted === null || request.headers['proxy-authorization'] === this.#wanted;
    return isKnown ? this.refusal : 407;
  }

  #note(request: IncomingMessage): void {
    this.asked.push(`${request.method} ${request.url}`);
    this.authorizations.push(request.headers['proxy-authorization']);
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    this.#note(request);
    this.#tunnels.add(socket);
    socket.on('error', () => {}).on('close', () => this.#tunnels.delete(socket));
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 0\r\n\r\n`);
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
