import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { MapServer } from './map-server.ts';
import { TestMcpServer } from './mcp-server.ts';
import { entry, mapOf, signed } from './signed-map.ts';

/** Starts a connector whose tool description a test can change, and a server for its signed map. */
export async function changeable() {
  let description = 'sends a mail';
  const connector = await TestMcpServer.start((server: McpServer) => {
    server.registerTool('send', { description, inputSchema: z.object({}) }, () => ({
      content: [{ type: 'text', text: 'sent' }],
    }));
    server.registerTool('read', { inputSchema: z.object({}) }, () => ({ content: [] }));
  });
  const map = mapOf([entry('mail', { endpoint: connector.url })], { generatedAt: new Date().toISOString() });
  const maps = await MapServer.start(signed(map));
  return {
    maps,
    url: connector.url,
    describe(text: string) {
      description = text;
    },
    /** Answers every request with 503 until {@link resume}. */
    stop() {
      connector.spoilMatching('jsonrpc', (request, response) => {
        request.resume();
        response.writeHead(503).end();
      });
    },
    resume() {
      connector.spoilNothing();
    },
    async [Symbol.asyncDispose]() {
      await maps[Symbol.asyncDispose]();
      await connector[Symbol.asyncDispose]();
    },
  };
}
