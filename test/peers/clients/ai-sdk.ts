import { createMCPClient } from '@ai-sdk/mcp';
import { type ConnectPeer, textOf } from './peer-client.ts';

/** Connects the client of Vercel's AI SDK. */
export const connectAiSdk: ConnectPeer = async ({ url }) => {
  const client = await createMCPClient({ transport: { type: 'http', url } });
  return {
    async toolNames() {
      return Object.keys(await client.tools());
    },
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
    read: async (uri) => textOf(await client.readResource({ uri })),
    prompt: async (name) => textOf(await client.getPrompt({ name })),
    [Symbol.asyncDispose]: () => client.close(),
  };
};
