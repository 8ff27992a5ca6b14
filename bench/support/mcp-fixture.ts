/**
 * A process of real MCP servers, each on a port (and so an origin) of its own: `node mcp-fixture.ts COUNT TOOLS MIN_MS MAX_MS HANGING`. Handshakes take between
 * MIN_MS and MAX_MS, spread evenly and the same in each run; the first HANGING of them never answer. Prints the ports as JSON, then runs until it is killed.
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const [count = 1, tools = 1, minMs = 0, maxMs = 0, hanging = 0] = process.argv.slice(2).map(Number);
const inputSchema = z.object({ query: z.string(), limit: z.number().optional() });

function listenerOf(delayMs: number): RequestListener {
  const handle = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } });
      for (let tool = 0; tool < tools; tool += 1) {
        const description = `Looks up things of kind ${tool} in the archive of the bench`;
        server.registerTool(`tool_${tool}`, { description, inputSchema }, ({ query }) => ({
          content: [{ type: 'text', text: query }],
        }));
      }
      return server;
    }),
  );
  let isFirst = true;
  return (request, response) => {
    const answer = (): void => void handle(request as Parameters<typeof handle>[0], response);
    // The first request of a client is its handshake; each process of the bench is one client.
    const isHandshake = isFirst || request.headers['mcp-method'] === 'server/discover';
    isFirst = false;
    if (isHandshake && delayMs > 0) setTimeout(answer, delayMs);
    else answer();
  };
}

const ports = await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    const delayMs = count === 1 ? minMs : minMs + ((maxMs - minMs) * index) / (count - 1);
    const server = createServer(index < hanging ? () => {} : listenerOf(delayMs));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }),
);
process.stdout.write(`${JSON.stringify(ports)}\n`);
