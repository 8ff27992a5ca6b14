import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { generate } from 'selfsigned';
import * as z from 'zod';
import { codeOf } from '../../src/shared/errors.ts';

/** A certificate with its private key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

interface LeafOptions {
  /** The host it is for. 127.0.0.1 and localhost by default. */
  readonly host?: string;
  readonly notBeforeDate?: Date;
  readonly notAfterDate?: Date;
}

const EC = { keyType: 'ec', algorithm: 'sha256' } as const;

/** An authority of the test's own making. */
export class Authority {
  readonly #pair: KeyPair;

  private constructor(pair: KeyPair) {
    this.#pair = pair;
  }

  static async create(): Promise<Authority> {
    // Each its own name: two of one name are taken for one another.
    const made = await generate([{ name: 'commonName', value: `authority ${crypto.randomUUID()}` }], {
      ...EC,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true },
      ],
    });
    return new Authority({ cert: made.cert, key: made.private });
  }

  get cert(): string {
    return this.#pair.cert;
  }

  /** A certificate for a server or a client, signed by this authority. */
  async sign({ host, ...dates }: LeafOptions = {}): Promise<KeyPair> {
    const names =
      host === undefined
        ? [
            { type: 2 as const, value: 'localhost' },
            { type: 7 as const, ip: '127.0.0.1' },
          ]
        : [{ type: 2 as const, value: host }];
    const made = await generate([{ name: 'commonName', value: host ?? 'localhost' }], {
      ...EC,
      ...dates,
      ca: this.#pair,
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: names },
      ],
    });
    return { cert: made.cert, key: made.private };
  }
}

/** A certificate that no authority stands behind, not even one of its own making. */
export async function selfSigned(): Promise<KeyPair> {
  const made = await generate([{ name: 'commonName', value: `self-signed ${crypto.randomUUID()}` }], {
    ...EC,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  return { cert: made.cert, key: made.private };
}

function echoServer(): McpServer {
  const server = new McpServer({ name: 'tls', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}

/** A real MCP server's listener, both eras, with one tool `echo`. */
export function mcpListener(): RequestListener {
  const handle = toNodeHandler(createMcpHandler(echoServer));
  return (request, response) => void handle(request as Parameters<typeof handle>[0], response);
}

/** The same in the legacy era alone, with sessions. It may know no standing stream: a GET is then answered with 405. */
export function sessionListener({ hasStandingStream }: { readonly hasStandingStream: boolean }): RequestListener {
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const open = async (): Promise<NodeStreamableHTTPServerTransport> => {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await echoServer().connect(transport);
    return transport;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const known = sessions.get(String(request.headers['mcp-session-id']));
    await (known ?? (await open())).handleRequest(request, response);
  };
  return (request, response) => {
    if (request.method === 'GET' && !hasStandingStream) response.writeHead(405).end();
    else void answer(request, response);
  };
}

/** A real https server on loopback that counts its handshakes. */
export class TlsServer implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  handshakes = 0;
  /** Whatever was connected, handshake or not. */
  connections = 0;
  /** Requests that came without TLS. */
  plainRequests = 0;
  readonly #server: Server;

  private constructor(options: ServerOptions, listener: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = createServer(options, (request, response) => {
      this.requests.push(request);
      listener(request, response);
    });
    this.#server.on('secureConnection', (_: TLSSocket) => {
      this.handshakes += 1;
    });
    this.#server.on('connection', () => {
      this.connections += 1;
    });
    this.#server.on('tlsClientError', (error) => {
      if (codeOf(error) === 'ERR_SSL_HTTP_REQUEST') this.plainRequests += 1;
    });
  }

  static async start(options: ServerOptions, listener: RequestListener): Promise<TlsServer> {
    const server = new TlsServer(options, listener);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}/x`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
