import * as z from 'zod';
import type { Ended } from './cli.ts';
import { runCliHere } from './cli-in-process.ts';
import { MapServer } from './map-server.ts';
import { mapNow } from './map-under-test.ts';
import { TestMcpServer } from './mcp-server.ts';
import { entry, KEY } from './signed-map.ts';

/** Environment variables that the command line needs. */
export const CLI_ENV: NodeJS.ProcessEnv = { CONNECTORS_SIGNATURE_KEY: KEY };

/** A map of one real connector, `one`, with the tools `echo` and `fail`. */
export interface CliWorld extends AsyncDisposable {
  readonly mcp: TestMcpServer;
  readonly map: MapServer;
  /** Runs a command on the map, in this process. */
  readonly on: (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Ended>;
}

export async function startCliWorld(): Promise<CliWorld> {
  const mcp = await TestMcpServer.start((server) => {
    const echo = { description: 'Says it\u001b[31m again', inputSchema: z.object({ text: z.string() }) };
    server.registerTool('echo', echo, ({ text }) => ({ content: [{ type: 'text', text: `echo ${text}` }] }));
    server.registerTool('fail', { inputSchema: z.object({}) }, () => ({
      content: [{ type: 'text', text: 'it broke' }],
      isError: true,
    }));
  });
  const map = await MapServer.start(mapNow([entry('one', { endpoint: mcp.url })]));
  return {
    mcp,
    map,
    on: (args, env = {}) => runCliHere([...args, '--service-map', map.url], { env: { ...CLI_ENV, ...env } }),
    async [Symbol.asyncDispose]() {
      await mcp[Symbol.asyncDispose]();
      await map[Symbol.asyncDispose]();
    },
  };
}
