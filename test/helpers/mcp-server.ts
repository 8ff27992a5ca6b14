import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export type AddTools = (server: McpServer) => void;

/** A real MCP server on loopback that records all requests. */
export class TestMcpServer implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;
  #redirectedPath: string | null = null;
  #passes: (request: IncomingMessage) => boolean = () => true;
  #spoils: { readonly method: string | null; readonly spoil: Listener } | null = null;

  private constructor(listener: Listener) {
    this.#server = createServer((request, response) => {
      this.requests.push(request);
      if (!this.#passes(request)) {
        request.resume();
        response.writeHead(401).end();
        return;
      }
      if (request.url === this.#redirectedPath) {
        request.resume();
        response.writeHead(307, { location: '/mcp' }).end();
        return;
      }
      void this.#spoilOr(request, response, listener);
    });
  }

  /**
   * Starts a server that supports both protocol generations, without sessions. `announceTools` notifies all subscribers
   * that the tools changed.
   */
  static async start(addTools: AddTools, port = 0): Promise<TestMcpServer & { readonly announceTools: () => void }> {
    const handler = createMcpHandler(() => serverWith(addTools));
    const handle = toNodeHandler(handler);
    const server = new TestMcpServer(
      (request, response) => void handle(request as Parameters<typeof handle>[0], response),
    );
    const announceTools = (): void => void handler.notify.toolsChanged();
    return Object.assign(await TestMcpServer.#listen(server, port), { announceTools });
  }

  /** Starts a server that supports only the legacy protocol, with sessions. */
  static async startWithSessions(
    addTools: AddTools,
    port = 0,
  ): Promise<TestMcpServer & { readonly sessions: Set<string> }> {
    const transports = new Map<string, NodeStreamableHTTPServerTransport>();
    const sessions = new Set<string>();
    const open = async (): Promise<NodeStreamableHTTPServerTransport> => {
      const transport = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        onsessioninitialized: (id) => {
          transports.set(id, transport);
          sessions.add(id);
        },
        onsessionclosed: (id) => void sessions.delete(id),
      });
      await serverWith(addTools).connect(transport);
      return transport;
    };
    const server = new TestMcpServer((request, response) => {
      const known = transports.get(String(request.headers['mcp-session-id']));
      const transport = known === undefined ? open() : Promise.resolve(known);
      void transport.then((it) => it.handleRequest(request, response));
    });
    return Object.assign(await TestMcpServer.#listen(server, port), { sessions });
  }

  static async #listen(server: TestMcpServer, port = 0): Promise<TestMcpServer> {
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', resolve));
    return server;
  }

  /** Responds with 401 to requests for which `passes` returns false. */
  wants(passes: (request: IncomingMessage) => boolean): void {
    this.#passes = passes;
  }

  /** Redirects requests for `path` to the server, within this origin. */
  redirectFrom(path: string): void {
    this.#redirectedPath = path;
  }

  /** Handles the next POST with `spoil` instead. */
  spoilNext(spoil: Listener): void {
    this.#spoils = { method: null, spoil };
  }

  /** Handles every request for this MCP method with `spoil` instead. */
  spoilMatching(method: string, spoil: Listener): void {
    this.#spoils = { method, spoil };
  }

  /** Handles all requests normally from now on. */
  spoilNothing(): void {
    this.#spoils = null;
  }

  async #spoilOr(request: IncomingMessage, response: ServerResponse, listener: Listener): Promise<void> {
    const spoils = this.#spoils;
    if (spoils === null || request.method !== 'POST') return listener(request, response);
    if (spoils.method === null) {
      this.#spoils = null;
      return spoils.spoil(request, response);
    }
    // The body that is read here must remain available to the handler.
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const replay = Object.assign(Readable.from(chunks), {
      method: request.method,
      url: request.url,
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      socket: request.socket,
    }) as unknown as IncomingMessage;
    const isMatch = Buffer.concat(chunks).toString().includes(`"${spoils.method}"`);
    return isMatch ? spoils.spoil(replay, response) : listener(replay, response);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** Returns the number of open sockets. */
  openSockets(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function serverWith(addTools: AddTools): McpServer {
  const server = new McpServer({ name: 'test-server', version: '1.0.0' }, { capabilities: { tools: {} } });
  addTools(server);
  return server;
}
