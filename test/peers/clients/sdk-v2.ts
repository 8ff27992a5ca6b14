import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { PeerWorld } from '../../helpers/peer-world.ts';
import { stdioServer, textOf } from './peer-client.ts';
import { ANSWERS, type SdkClient } from './sdk-client.ts';

/** Connects a client of the official SDK 2.x with the given version negotiation mode. */
export async function connectSdkV2(
  world: PeerWorld,
  way: 'http' | 'stdio',
  mode: 'legacy' | 'auto',
  owner = 'ada',
): Promise<SdkClient> {
  let changes = 0;
  const client = new Client(
    { name: 'sdk-v2', version: '2.0.0' },
    {
      capabilities: { sampling: {}, elicitation: { form: {} } },
      versionNegotiation: { mode },
      listChanged: {
        tools: {
          onChanged: () => {
            changes += 1;
          },
        },
      },
    },
  );
  client.setRequestHandler('sampling/createMessage', ({ params }) => ANSWERS.sampling(owner, params));
  client.setRequestHandler('elicitation/create', () => ANSWERS.elicitation(owner));
  const transport =
    way === 'stdio'
      ? new StdioClientTransport({ ...stdioServer(world), stderr: 'ignore' })
      : new StreamableHTTPClientTransport(new URL(world.url));
  await client.connect(transport);
  return {
    era: () => client.getProtocolEra(),
    toolChanges: () => changes,
    async toolNames() {
      return (await client.listTools()).tools.map(({ name }) => name);
    },
    call: async (name, args, options) => textOf(await client.callTool({ name, arguments: args }, options)),
    read: async (uri) => textOf(await client.readResource({ uri })),
    prompt: async (name) => textOf(await client.getPrompt({ name })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
