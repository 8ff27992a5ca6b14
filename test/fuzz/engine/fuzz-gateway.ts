import { type GatewayWorld, startGateway, type WorldOptions } from '../../helpers/gateway-world.ts';

/** Tools of a connector that answers within the process, so that no socket slows an input down. */
const TOOLS: readonly object[] = [
  {
    name: 'echo',
    description: 'Says it again',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  },
  { name: 'fail', inputSchema: { type: 'object' } },
  { name: 'a name: with spaces', inputSchema: { type: 'object' } },
];

/** Creates a real gateway with one connector that answers immediately, and another that is disabled. */
export function startFuzzGateway(options: WorldOptions = {}): Promise<GatewayWorld> {
  const servers = {
    one: { type: 'http', url: 'http://one.example/' },
    off: { url: 'http://off.example/', disabled: true },
  };
  return startGateway(servers, {
    ...options,
    manager: {
      createProxy: () => ({
        connect: async () => {},
        getTools: () => TOOLS,
        callTool: async (name: string, args: Readonly<Record<string, unknown>>) => {
          if (name === 'fail') throw new Error('The tool failed');
          return { content: [{ type: 'text', text: JSON.stringify(args).slice(0, 1_000) }] };
        },
      }),
      ...options.manager,
    },
  });
}

/** Returns the log lines at the level `error` since the last call; no client may cause any. */
export function newErrorsOf({ lines }: Pick<GatewayWorld, 'lines'>): () => readonly string[] {
  let seen = 0;
  return () => {
    const fresh = lines.slice(seen);
    seen = lines.length;
    return fresh
      .filter(({ level }) => level === 'error')
      .map(({ fields, message }) => `${String(fields.event)}: ${message}`);
  };
}
