import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostSide } from '../../../src/main/mcp/host-side.ts';
import { eventually } from '../../helpers/eventually.ts';
import { NpmServers } from '../../helpers/npm-servers.ts';
import { connectSse, type SseConnectOptions } from '../../helpers/raw-sse-server.ts';

const servers = new NpmServers();
let url: URL;

beforeAll(async () => {
  url = new URL(await servers.everythingOverSse());
}, 60_000);
afterAll(() => servers[Symbol.dispose]());

const never = new AbortController().signal;
const limits = { signal: never, timeoutMs: 10_000 };

/** The host's side of a connection, which answers every request. */
const host: HostSide = {
  capabilities: { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } },
  answer: async ({ method, params }) => {
    if (method === 'roots/list') return { roots: [{ uri: 'file:///tmp/a', name: 'Root A' }] };
    if (method === 'elicitation/create') return { action: 'decline' };
    const said = JSON.stringify(params.messages);
    return { role: 'assistant', model: 'none', content: { type: 'text', text: `sampled ${said.length}` } };
  },
};

const connect = (options: SseConnectOptions = {}) => connectSse({ url }, { host, timeoutMs: 10_000, ...options });

describe('the real server-everything over SSE', () => {
  it('server-everything lists all its tools over SSE to a host that declares all capabilities', async () => {
    await using sse = await connect();
    const { tools } = await sse.connection.listToolsPage(null, limits);
    const names = tools.map((tool) => (tool as { name: string }).name);
    expect(names).toEqual(expect.arrayContaining(['trigger-sampling-request', 'trigger-elicitation-request']));
    expect(sse.connection.facts).toMatchObject({ era: 'legacy', transport: 'sse' });
    expect(sse.connection.facts.capabilities).toMatchObject({ logging: {}, resources: { subscribe: true } });
  });

  it.each([
    ['trigger-sampling-request', { prompt: 'hello' }, /sampled \d+/],
    ['trigger-elicitation-request', {}, /declined/],
    ['get-roots-list', {}, /Root A/],
  ])(
    'server-everything gets answers over SSE to the requests that it sends during the tool %s',
    async (name, args, words) => {
      await using sse = await connect();
      // The server lists the tool for roots only after it has received the roots.
      await eventually('the tool is there', async () => {
        const { tools } = await sse.connection.listToolsPage(null, limits);
        return tools.some((tool) => (tool as { name: string }).name === name);
      });
      const tool = { name, inputSchema: { type: 'object' as const } };
      const result = await sse.connection.callTool(tool, args, limits);
      expect(JSON.stringify(result)).toMatch(words);
    },
  );

  it('the host can use prompts, resources and the log level of server-everything over SSE', async () => {
    await using sse = await connect();
    const request = (method: string, params: object = {}) =>
      sse.connection.request(method, params as Record<string, unknown>, limits);
    const { prompts } = (await request('prompts/list')) as { prompts: readonly { name: string }[] };
    expect(prompts.length).toBeGreaterThan(0);
    const { resources } = (await request('resources/list')) as { resources: readonly { uri: string }[] };
    const uri = resources[0]?.uri ?? '';
    await expect(request('resources/read', { uri })).resolves.toMatchObject({ contents: [{ uri }] });
    await expect(request('logging/setLevel', { level: 'debug' })).resolves.toEqual({});
    await expect(request('ping')).resolves.toEqual({});
    await expect(request('what/ever')).rejects.toMatchObject({ detail: { rpcCode: -32_601 } });
  });

  it('server-everything reports progress and log messages over SSE, and a call can be cancelled', async () => {
    await using sse = await connect();
    const caller = new AbortController();
    const steps: number[] = [];
    const tool = { name: 'trigger-long-running-operation', inputSchema: { type: 'object' as const } };
    const call = sse.connection.callTool(
      tool,
      { duration: 20, steps: 200 },
      {
        ...limits,
        signal: caller.signal,
        onProgress({ progress }) {
          steps.push(progress);
          if (steps.length === 2) caller.abort(new Error('enough'));
        },
      },
    );
    await expect(call).rejects.toThrow('enough');
    await sse.connection.callTool({ ...tool, name: 'toggle-simulated-logging' }, {}, limits);
    await eventually('it logs', () => sse.notices.some(([method]) => method === 'notifications/message'));
    expect([steps.slice(0, 2), sse.lost]).toEqual([[1, 2], []]);
  });

  it('server-everything answers 100 calls at the same time over SSE, each with its own result', async () => {
    await using sse = await connect();
    const tool = { name: 'echo', inputSchema: { type: 'object' as const } };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => sse.connection.callTool(tool, { message: `m${index}` }, limits)),
    );
    expect(answers.map(({ content }) => (content[0] as { text: string }).text)).toEqual(
      Array.from({ length: 100 }, (_, index) => `Echo: m${index}`),
    );
  });
});
