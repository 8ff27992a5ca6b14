/**
 * The attackers of `npm run bench -- attacks`: connectors that respond with hostile JSON, and clients that send hostile
 * JSON.
 */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { PAYLOADS, type PayloadName } from './payloads.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
}

const GOOD: Readonly<Record<string, object>> = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'h', version: '1' } },
  'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
};

/**
 * Serves connectors at paths of the form `/PAYLOAD/FORM/METHOD`. PAYLOAD is the name of a hostile payload, FORM is
 * `json` or `event`, and METHOD is the method that is answered with the payload.
 */
const server = createServer(async (request, response) => {
  const [, name = 'good', way = 'json', ...rest] = decodeURIComponent(request.url ?? '').split('/');
  const hostileTo = rest.join('/');
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const { id, method = '' } = (await json(request)) as Message;
  if (method === 'server/discover') return void response.writeHead(404).end();
  if (id === undefined) return void response.writeHead(202).end();
  const payload = PAYLOADS[name as PayloadName];
  const result = method === hostileTo ? payload() : JSON.stringify(GOOD[method] ?? { content: [] });
  const message = `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
  response.writeHead(200, { 'content-type': way === 'event' ? 'text/event-stream' : 'application/json' });
  response.end(way === 'event' ? `data: ${message}\n\n` : message);
});

/** Starts to send `count` requests of `bytes` bytes each, and never finishes. Resolves after two seconds. */
async function holdBodies(port: number, count: number, bytes: number): Promise<void> {
  const head = `POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;
  const sockets = Array.from({ length: count }, () => connect({ host: '127.0.0.1', port }));
  for (const socket of sockets) socket.on('error', () => {}).write(head + 'x'.repeat(bytes - 1));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  for (const socket of sockets) socket.destroy();
}

async function post(port: number, name: PayloadName, bytes: number): Promise<void> {
  const body = PAYLOADS[name]().slice(0, bytes);
  const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
    ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
  });
  await response.text();
}

process.on('message', async ({ port, attack, name }: { port: number; attack: 'hold' | 'post'; name: PayloadName }) => {
  if (attack === 'hold') await holdBodies(port, 300, 4 * 1024 * 1024);
  else await post(port, name, 4 * 1024 * 1024);
  process.send?.('done');
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
