import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One way to respond to a request. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** A request as it was received. */
export interface CameRequest {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: URLSearchParams;
  readonly text: string;
}

/** Responds with this JSON. */
export const saysJson =
  (body: unknown, status = 200): Behaviour =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Responds with this text, which need not be valid JSON. */
export const saysText =
  (text: string, status = 200, type = 'text/html'): Behaviour =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': type }).end(text);

/** Redirects to this location. */
export const redirects =
  (location: string, status = 302): Behaviour =>
  (_, response) =>
    void response.writeHead(status, { location }).end();

/** Ways to respond that need no parameters. */
export const WAYS = {
  /** Never responds. */
  silent: () => {},
  /** Sends the head and one byte, and then nothing more. */
  stalls: (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
  /** Sends endless JSON, as fast as it is read. */
  endless: (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"a":"');
    const piece = 'x'.repeat(65_536);
    const send = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', send).on('error', () => {});
    send();
  },
  huge: saysText(JSON.stringify({ issuer: 'x'.repeat(2 * 1024 * 1024) }), 200, 'application/json'),
  deep: saysText(`{"issuer":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 200, 'application/json'),
  cut: (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"issuer":', () => void response.destroy());
  },
  resets: (request) => void request.socket.resetAndDestroy(),
  page: saysText('<!doctype html><title>Sorry</title>'),
  missing: saysJson({}, 404),
} as const satisfies Record<string, Behaviour>;

/**
 * A protected MCP endpoint at `/mcp` and its authorization server at the same origin, on loopback. The server behaves
 * correctly until a test sets another response for a path.
 */
export class MisbehavingAuthorizationServer implements AsyncDisposable {
  readonly origin: string;
  /** All requests, oldest first. */
  readonly requests: CameRequest[] = [];
  /** Members that replace those of the server's metadata. Undefined removes a member. */
  serverMetadata: Readonly<Record<string, unknown>> = {};
  resourceMetadata: Readonly<Record<string, unknown>> = {};
  /** The `WWW-Authenticate` header of the endpoint's 401. */
  challenge: string | null = 'Bearer';
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #server: Server;

  private constructor(host: string, server: Server) {
    this.origin = `http://${host}:${(server.address() as AddressInfo).port}`;
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
  }

  /** Starts the server. `host` is the host name in its URLs. */
  static async start(host = '127.0.0.1'): Promise<MisbehavingAuthorizationServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new MisbehavingAuthorizationServer(host, server);
  }

  get endpoint(): URL {
    return new URL('/mcp', this.origin);
  }

  /** The paths of all requests, oldest first, without their queries. */
  get paths(): readonly string[] {
    return this.requests.map(({ path }) => path.split('?', 1)[0] ?? '');
  }

  /** Makes the server respond in this way to all later requests for this path. */
  behave(path: string, way: Behaviour): void {
    this.#behaviours.set(path, way);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url: path = '', headers } = request;
    this.requests.push({ method, path, headers, text, body: new URLSearchParams(text) });
    const [bare = ''] = path.split('?', 1);
    (this.#behaviours.get(bare) ?? this.#goodWay(bare))(request, response);
  }

  #goodWay(path: string): Behaviour {
    const { origin } = this;
    switch (path) {
      case '/mcp':
        return (_, response) =>
          void response.writeHead(401, this.challenge === null ? {} : { 'www-authenticate': this.challenge }).end();
      case '/.well-known/oauth-protected-resource/mcp':
        return saysJson({
          resource: this.endpoint.href,
          authorization_servers: [origin],
          scopes_supported: ['tools'],
          ...this.resourceMetadata,
        });
      case '/.well-known/oauth-authorization-server':
        return saysJson({
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          revocation_endpoint: `${origin}/revoke`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
          ...this.serverMetadata,
        });
      case '/register':
        return (request, response) => {
          const asked = JSON.parse(this.requests.findLast(({ path }) => path === '/register')?.text ?? '{}');
          saysJson({ client_id: 'client-of-a-test', ...asked }, 201)(request, response);
        };
      case '/token':
        return saysJson({
          access_token: 'access-of-a-test',
          token_type: 'Bearer',
          expires_in: 3_600,
          refresh_token: 'refresh-of-a-test',
        });
      case '/revoke':
        return saysText('');
      default:
        return WAYS.missing;
    }
  }
}
