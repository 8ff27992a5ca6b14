import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type AddTools, TestMcpServer } from '../mcp-server.ts';

export interface ProtectedServerOptions {
  readonly issuer: string;
  /** Adds the tools; defaults to one tool `whoami`. */
  readonly addTools?: AddTools;
  /** The scope that every request needs. Defaults to `tools`. */
  readonly scope?: string;
  /** Additional scopes for calls to a tool, by tool name. Without them, the answer is 403 `insufficient_scope`. */
  readonly toolScopes?: Readonly<Record<string, string>>;
  /** Returns a token's scopes for this resource; null to refuse the token. Needed only if tokens are not JWTs. */
  readonly scopesOf?: (token: string, resource: string) => Promise<readonly string[] | null>;
  /** MCP methods that need no token. Defaults to none. */
  readonly open?: readonly string[];
  /** Whether the 401 contains the URL of the resource metadata. Defaults to true. */
  readonly namesMetadata?: boolean;
  /** The port; defaults to any free port. */
  readonly port?: number;
  /** Whether the server has legacy sessions. By default, it speaks both protocol generations, without sessions. */
  readonly hasSessions?: boolean;
}

/** A real MCP server at `/mcp` that requires an issuer's access tokens (RFC 9728). It checks the audience of JWTs. */
export class ProtectedMcpServer implements AsyncDisposable {
  /** The statuses of all responses at `/mcp`, oldest first. */
  readonly statuses: number[] = [];
  readonly url: string;
  /** If true, every token is refused. */
  refusesAll = false;
  readonly #server: Server;
  readonly #end: () => Promise<void>;

  private constructor(server: Server, end: () => Promise<void>) {
    this.#server = server;
    this.#end = end;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  }

  static async start(options: ProtectedServerOptions): Promise<ProtectedMcpServer> {
    const addTools = options.addTools ?? addWhoami;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
    const handler = createMcpHandler(() => {
      const mcp = new McpServer({ name: 'protected', version: '1.0.0' }, { capabilities: { tools: {} } });
      addTools(mcp);
      return mcp;
    });
    const behind = options.hasSessions === true ? await TestMcpServer.startWithSessions(addTools) : null;
    const handle = toNodeHandler(handler);
    const self = new ProtectedMcpServer(server, async () => void (await behind?.[Symbol.asyncDispose]()));
    const guard = new TokenGuard(options, self);
    server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      if (guard.answersMetadata(request, response)) return;
      const body = await readText(request);
      response.once('finish', () => void self.statuses.push(response.statusCode));
      if (!(await guard.passes(request, response, body))) return;
      if (behind === null) await handle(request as Parameters<typeof handle>[0], response, parsed(body));
      else await forward(behind.url, request, response, body);
    });
    return self;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#end();
  }
}

class TokenGuard {
  readonly #options: ProtectedServerOptions;
  readonly #server: ProtectedMcpServer;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(options: ProtectedServerOptions, server: ProtectedMcpServer) {
    this.#options = options;
    this.#server = server;
    this.#keys = createRemoteJWKSet(new URL(`${options.issuer}/jwks`));
  }

  answersMetadata(request: IncomingMessage, response: ServerResponse): boolean {
    const isMetadata = request.url === '/.well-known/oauth-protected-resource/mcp';
    if (!isMetadata && request.url?.startsWith('/mcp') === true) return false;
    const { issuer, scope = 'tools' } = this.#options;
    const document = { resource: this.#server.url, authorization_servers: [issuer], scopes_supported: [scope] };
    response.writeHead(isMetadata ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isMetadata ? JSON.stringify(document) : '{}');
    return true;
  }

  async passes(request: IncomingMessage, response: ServerResponse, body: string): Promise<boolean> {
    const { scope = 'tools', toolScopes = {}, open = [] } = this.#options;
    const message = parsed(body) as { method?: string; params?: { name?: string } } | undefined;
    if (message?.method !== undefined && open.includes(message.method)) return true;
    const granted = await this.#granted(request);
    if (granted === null) return this.#refuse(response, 401, `scope="${scope}"`);
    const needed = [scope, toolScopes[message?.params?.name ?? ''] ?? scope];
    if (needed.every((each) => granted.includes(each))) return true;
    return this.#refuse(response, 403, `error="insufficient_scope", scope="${needed.join(' ')}"`);
  }

  async #granted(request: IncomingMessage): Promise<readonly string[] | null> {
    const [, token] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined || this.#server.refusesAll) return null;
    const { scopesOf } = this.#options;
    if (scopesOf !== undefined) return await scopesOf(token, this.#server.url);
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: this.#options.issuer,
        audience: this.#server.url,
      });
      return String(payload.scope ?? '').split(' ');
    } catch {
      return null;
    }
  }

  #refuse(response: ServerResponse, status: number, parameters: string): false {
    const at = `${new URL(this.#server.url).origin}/.well-known/oauth-protected-resource/mcp`;
    const names = this.#options.namesMetadata === false ? '' : `resource_metadata="${at}", `;
    response.writeHead(status, { 'www-authenticate': `Bearer ${names}${parameters}` }).end();
    return false;
  }
}

function addWhoami(server: McpServer): void {
  server.registerTool('whoami', { description: 'Says that the call was let in' }, async () => ({
    content: [{ type: 'text', text: 'you are in' }],
  }));
}

function parsed(body: string): unknown {
  return body === '' ? undefined : JSON.parse(body);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function forward(to: string, request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
  const { authorization: _token, host: _host, connection: _connection, ...headers } = request.headers;
  const answer = await fetch(to, {
    method: request.method ?? 'POST',
    headers: headers as Record<string, string>,
    ...(body !== '' && { body }),
  });
  const { 'content-encoding': _encoding, ...kept } = Object.fromEntries(answer.headers);
  response.writeHead(answer.status, kept);
  for await (const chunk of answer.body ?? []) response.write(chunk);
  response.end();
}
