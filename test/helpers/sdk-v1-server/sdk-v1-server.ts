import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { MemoryProvider } from './memory-provider.ts';

export interface SdkV1Options {
  /**
   * With `resource`, the 401 contains the URL of the metadata for `/mcp`. With `origin` (the router's default), there
   * is metadata for the origin, and no 401 contains its URL. With `2025-03-26`, there is no resource metadata.
   */
  readonly layout?: 'resource' | 'origin' | '2025-03-26';
  /** Lifetime of access tokens in seconds. Defaults to 3 600. */
  readonly tokenTtlSeconds?: number;
}

/**
 * A server as authors write it with the official SDK 1.x: `mcpAuthRouter` and `requireBearerAuth`. It is its own
 * authorization server. It offers Streamable HTTP with sessions at `/mcp`, and HTTP+SSE at `/sse`.
 */
export class SdkV1Server implements AsyncDisposable {
  readonly provider: MemoryProvider;
  /** The issuer, exactly as its metadata spells it. */
  readonly issuer: string;
  readonly url: string;
  readonly sseUrl: string;
  readonly #server: Server;

  private constructor(server: Server, provider: MemoryProvider) {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#server = server;
    this.provider = provider;
    this.issuer = `${origin}/`;
    this.url = `${origin}/mcp`;
    this.sseUrl = `${origin}/sse`;
  }

  static async start({ layout = 'resource', tokenTtlSeconds = 3_600 }: SdkV1Options = {}): Promise<SdkV1Server> {
    const app = createMcpExpressApp();
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const self = new SdkV1Server(server, new MemoryProvider(tokenTtlSeconds));
    const { provider, issuer, url } = self;
    if (layout === '2025-03-26')
      app.use('/.well-known/oauth-protected-resource', (_request, response) => void response.status(404).end());
    app.use(
      mcpAuthRouter({
        ...{ provider, issuerUrl: new URL(issuer), scopesSupported: ['mcp:tools'] },
        ...(layout === 'resource' && { resourceServerUrl: new URL(url) }),
      }),
    );
    app.post('/consent', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const back = provider.consent(new URLSearchParams(Buffer.concat(chunks).toString()).get('id') ?? '');
      if (back === null) response.status(400).end();
      else response.redirect(302, back);
    });
    const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(new URL(url));
    const guard = requireBearerAuth({
      ...{ verifier: provider, requiredScopes: ['mcp:tools'] },
      ...(layout === 'resource' && { resourceMetadataUrl, expectedResource: new URL(url) }),
    });
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    app.all('/mcp', guard, async (request, response) => {
      const known = sessions.get(String(request.headers['mcp-session-id']));
      const transport = known ?? (await openSession(sessions));
      await transport.handleRequest(request, response, request.body);
    });
    const streams = new Map<string, SSEServerTransport>();
    app.get('/sse', guard, async (_request, response) => {
      const transport = new SSEServerTransport('/messages', response);
      streams.set(transport.sessionId, transport);
      await whoamiServer().connect(transport);
    });
    app.post('/messages', guard, async (request, response) => {
      const transport = streams.get(String(request.query.sessionId));
      if (transport === undefined) response.status(404).end();
      else await transport.handlePostMessage(request, response, request.body);
    });
    return self;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function openSession(sessions: Map<string, StreamableHTTPServerTransport>) {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  // The SDK's own types do not match under exactOptionalPropertyTypes.
  await whoamiServer().connect(transport as Parameters<McpServer['connect']>[0]);
  return transport;
}

function whoamiServer(): McpServer {
  const server = new McpServer({ name: 'sdk-v1', version: '1.0.0' });
  server.registerTool('whoami', { description: 'Names the client that calls' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: `scopes ${authInfo?.scopes.join(' ')}` }],
  }));
  return server;
}
