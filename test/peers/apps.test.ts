import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, it } from 'vitest';
import { startGateway } from '../helpers/gateway-world.ts';
import { largePeerFile } from './large/load.ts';

const UI = 'io.modelcontextprotocol/ui';
const MIME_TYPE = 'text/html;profile=mcp-app';

it("a client of the official SDK can use a published MCP App on the common route and on the connector's route", async () => {
  const app = largePeerFile('@modelcontextprotocol/server-budget-allocator/dist/index.js');
  const entry = { command: process.execPath, args: [app, '--stdio'] };
  await using world = await startGateway({ budget: entry, 'second.one': entry });
  for (const [path, tools] of [
    ['/mcp', 2],
    ['/c/budget/mcp', 1],
  ] as const) {
    const capabilities = { extensions: { [UI]: { mimeTypes: [MIME_TYPE] } } };
    const client = new Client({ name: 'host', version: '1' }, { capabilities });
    const transport = new StreamableHTTPClientTransport(new URL(world.listener.url + path));
    // The type of `sessionId` in the SDK is inexact, so the transport needs a cast.
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    expect(client.getServerCapabilities()).toMatchObject({ extensions: { [UI]: {} } });
    const listed = (await client.listTools()).tools;
    expect(listed).toHaveLength(tools);
    for (const { name, _meta: meta } of listed) {
      const uri = String((meta as { readonly ui: { readonly resourceUri: string } }).ui.resourceUri);
      expect([uri.startsWith('ui://'), meta?.['ui/resourceUri']]).toEqual([true, uri]);
      const { contents } = await client.readResource({ uri });
      expect(contents).toMatchObject([{ uri, mimeType: MIME_TYPE, text: expect.stringContaining('<!DOCTYPE html>') }]);
      expect(await client.callTool({ name, arguments: {} })).toHaveProperty('structuredContent.config');
    }
    await client.close();
  }
});
