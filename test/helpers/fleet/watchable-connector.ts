import { randomUUID } from 'node:crypto';
import { RawMcpServer, type RawRequest } from '../raw-mcp-server.ts';

const URI = 'x://y';

/** A legacy connector with one resource `x://y`. It notifies exactly the connections that watch this resource. */
export class WatchableConnector implements AsyncDisposable {
  readonly server: RawMcpServer;
  /** The connections that watch the resource, by their session ids. */
  readonly watching = new Set<string>();
  /** The log level that each connection was set to. */
  readonly levels = new Map<string, string>();
  /** Pending calls of the tool `wait`, which are never answered. */
  readonly waiting: RawRequest[] = [];
  #hasMore = false;
  readonly #streams = new Map<string, RawRequest>();

  private constructor(server: RawMcpServer) {
    this.server = server;
    const sessionOf = ({ headers }: RawRequest): string => String(headers['mcp-session-id']);
    Object.assign(server.answers, {
      initialize: ({ response, result }: RawRequest) => {
        response.setHeader('mcp-session-id', randomUUID());
        result({
          ...{ protocolVersion: '2025-11-25', serverInfo: { name: 'watchable', version: '1' } },
          capabilities: {
            tools: { listChanged: true },
            resources: { subscribe: true, listChanged: true },
            logging: {},
          },
        });
      },
      GET: (request: RawRequest) => {
        request.events();
        request.response.flushHeaders();
        this.#streams.set(sessionOf(request), request);
      },
      'tools/list': ({ result }: RawRequest) =>
        result({
          tools: ['echo', 'wait', ...(this.#hasMore ? ['more'] : [])].map((name) => ({
            name,
            inputSchema: { type: 'object' },
          })),
        }),
      'tools/call': (request: RawRequest) => {
        if (request.message.params?.name === 'wait') this.waiting.push(request);
        else request.result({ content: [{ type: 'text', text: 'echoed' }] });
      },
      'resources/list': ({ result }: RawRequest) => result({ resources: [{ uri: URI, name: 'y' }] }),
      'resources/templates/list': ({ result }: RawRequest) => result({ resourceTemplates: [] }),
      'resources/subscribe': (request: RawRequest) => {
        this.watching.add(sessionOf(request));
        request.result({});
      },
      'resources/unsubscribe': (request: RawRequest) => {
        this.watching.delete(sessionOf(request));
        request.result({});
      },
      'logging/setLevel': (request: RawRequest) => {
        this.levels.set(sessionOf(request), String(request.message.params?.level));
        request.result({});
      },
    });
  }

  static async start(): Promise<WatchableConnector> {
    return new WatchableConnector(await RawMcpServer.start());
  }

  /** Number of connections that can receive notifications. */
  get listening(): number {
    return this.#streams.size;
  }

  /** Notifies the watching connections that the resource changed. */
  change(): void {
    for (const id of this.watching)
      this.#streams
        .get(id)
        ?.events({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: URI } });
  }

  /** Notifies all connections that the tools changed. */
  listChanged(): void {
    this.#hasMore = true;
    for (const stream of this.#streams.values())
      stream.events({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
