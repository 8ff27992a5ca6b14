import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { generate } from 'selfsigned';
import * as z from 'zod';
import { codeOf } from '../../src/shared/errors.ts';

/** A certificate with its private key, in PEM format. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

interface LeafOptions {
  /** The host name in the certificate. Defaults to 127.0.0.1 and localhost. */
  readonly host?: string;
  readonly notBeforeDate?: Date;
  readonly notAfterDate?: Date;
}

const EC = { keyType: 'ec', algorithm: 'sha256' } as const;

/** A certificate authority that the test creates. */
export class Authority {
  readonly #pair: KeyPair;

  private constructor(pair: KeyPair) {
    this.#pair = pair;
  }

  static async create(): Promise<Authority> {
    // Each authority has its own name, because authorities with the same name are mistaken for each other.
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

  /** Creates a certificate for a server or a client, signed by this authority. */
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

/** Creates a self-signed certificate without an authority. */
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

/** Creates the listener of a real MCP server that supports both protocol generations and has one tool `echo`. */
export function mcpListener(): RequestListener {
  const handle = toNodeHandler(createMcpHandler(echoServer));
  return (request, response) => void handle(request as Parameters<typeof handle>[0], response);
}

/**
 * Creates the listener of a server that supports only the legacy protocol, with sessions. Without a standing stream, it
 * answers a GET with 405.
 */
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
  /** Number of connections, with or without a handshake. */
  connections = 0;
  /** Number of requests without TLS. */
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
