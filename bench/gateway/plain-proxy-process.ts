/**
 * A proxy that does the least that a gateway in Node.js must do. It reads each request completely, forwards it with
 * undici, and passes the response back. `node plain-proxy-process.ts URL` prints its port as JSON, and runs until it is
 * killed.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
]);

const { origin, pathname: path } = new URL(process.argv[2] ?? '');
const agent = new Agent();

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
  const method = request.method as 'POST';
  const answer = await agent.request({ origin, path, method, headers, body: Buffer.concat(chunks) });
  const body = await answer.body.text();
  const type = String(answer.headers['content-type'] ?? 'text/plain');
  response.writeHead(answer.statusCode, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

const server = createServer((request, response) => {
  take(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
