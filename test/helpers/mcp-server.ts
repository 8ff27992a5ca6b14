import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';

export type AddTools = (server: McpServer) => void;

/** A real MCP server on loopback, with everything that was asked of it. */
export class TestMcpServer implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;

  private constructor(listener: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = createServer((request, response) => {
      this.requests.push(request);
      listener(request, response);
    });
  }

  /** Both eras, without sessions. */
  static async start(addTools: AddTools, port = 0): Promise<TestMcpServer> {
    const handle = toNodeHandler(createMcpHandler(() => serverWith(addTools)));
    return TestMcpServer.#listen(
      new TestMcpServer((request, response) => void handle(request as Parameters<typeof handle>[0], response)),
      port,
    );
  }

  /** The legacy era, with sessions. */
  static async startWithSessions(addTools: AddTools): Promise<TestMcpServer & { readonly sessions: Set<string> }> {
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
    return Object.assign(await TestMcpServer.#listen(server), { sessions });
  }

  static async #listen(server: TestMcpServer, port = 0): Promise<TestMcpServer> {
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** Sockets that are open now. */
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
