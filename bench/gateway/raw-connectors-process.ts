/**
 * MCP servers without an SDK, each on its own port, in a separate process: `node raw-connectors-process.ts JOB`, where
 * JOB is JSON. Prints the ports as JSON, and runs until it is killed.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawConnectorsJob } from './raw-connectors.ts';

type Json = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: Json; readonly protocolVersion?: string };
}

/** Number of bytes of a large result that are written at a time. */
const PIECE_BYTES = 64 * 1_024;

const { count, tools, handshakeMs = 0, hangsAt } = JSON.parse(process.argv[2] ?? '{}') as RawConnectorsJob;

const shared = { resultType: 'complete', ttlMs: 60_000, cacheScope: 'private' };
const text = (value: string): Json => ({ content: [{ type: 'text', text: value }] });

const definitions = Array.from({ length: tools }, (_, tool) => ({
  name: `tool_${tool}`,
  description: `Looks up things of kind ${tool} in the archive of the bench, newest first, a page at a time`,
  inputSchema: {
    type: 'object',
    properties: {
      query: { type: 'string', description: 'What to look for, in words' },
      limit: { type: 'number', description: 'How many to give at most' },
    },
    required: ['query'],
  },
}));

/**
 * Result for each method. It has the fields of both protocol generations, and a client ignores those it does not know.
 */
const ANSWERS: Readonly<Record<string, (message: Message) => Json>> = {
  'server/discover': () => ({ ...shared, supportedVersions: ['2026-07-28'], capabilities: { tools: {} } }),
  initialize: ({ params }) => ({
    protocolVersion: params?.protocolVersion ?? '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'raw', version: '1' },
  }),
  'tools/list': () => ({ ...shared, tools: definitions }),
  'tools/call': ({ params }) => ({ resultType: 'complete', ...text(String(params?.arguments?.query)) }),
  ping: () => ({}),
};

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const message = JSON.parse(Buffer.concat(chunks).toString()) as Message;
  const { id, method, params } = message;
  if (id === undefined) return void response.writeHead(202).end();
  const isHandshake = method === 'server/discover' || method === 'initialize';
  if (hangsAt === (isHandshake ? 'handshake' : method === 'tools/call' ? 'call' : null)) return;
  if (isHandshake && handshakeMs > 0) await sleep(handshakeMs);
  const bytes = Number(params?.arguments?.bytes ?? 0);
  if (bytes > 0) return large(response, id, bytes);
  const body = JSON.stringify({ jsonrpc: '2.0', id, result: ANSWERS[method]?.(message) ?? {} });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}

/**
 * Sends a result with a string of `bytes` bytes. Creates the next part only when the client has read the previous one.
 */
async function large(response: ServerResponse, id: number, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(`{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","content":[{"type":"text","text":"`);
  const piece = Buffer.alloc(PIECE_BYTES, 'x');
  let goOn = (): void => {};
  response.on('drain', () => goOn()).on('close', () => goOn());
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    if (response.destroyed) return;
    if (!response.write(left < PIECE_BYTES ? piece.subarray(0, left) : piece))
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
  }
  response.end('"}]}}');
}

const ports = await Promise.all(
  Array.from({ length: count }, async () => {
    const server = createServer((request, response) => {
      // An error means that the client has disconnected, so it needs no response.
      take(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }),
);
process.stdout.write(`${JSON.stringify(ports)}\n`);
