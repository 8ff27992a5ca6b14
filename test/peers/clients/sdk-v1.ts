import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { PeerWorld } from '../../helpers/peer-world.ts';
import { stdioServer, textOf } from './peer-client.ts';
import { ANSWERS, type SdkClient } from './sdk-client.ts';

/** Connects a client of the official SDK 1.x. */
export async function connectSdkV1(world: PeerWorld, way: 'http' | 'stdio', owner = 'ada'): Promise<SdkClient> {
  const capabilities = { sampling: {}, elicitation: {} };
  const client = new Client({ name: 'sdk-v1', version: '1.0.0' }, { capabilities });
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ANSWERS.sampling(owner, params));
  client.setRequestHandler(ElicitRequestSchema, () => ANSWERS.elicitation(owner));
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    changes += 1;
  });
  const transport =
    way === 'stdio'
      ? new StdioClientTransport({ ...stdioServer(world), stderr: 'ignore' })
      : new StreamableHTTPClientTransport(new URL(world.url));
  // The type of `sessionId` in the SDK is inexact, so the transport needs a cast.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    era: () => 'legacy',
    toolChanges: () => changes,
    async toolNames() {
      return (await client.listTools()).tools.map(({ name }) => name);
    },
    async call(name, args, options) {
      return textOf(await client.callTool({ name, arguments: args }, undefined, options));
    },
    read: async (uri) => textOf(await client.readResource({ uri })),
    prompt: async (name) => textOf(await client.getPrompt({ name })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
