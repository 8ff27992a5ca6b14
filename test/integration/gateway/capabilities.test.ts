import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { View } from '../../../src/main/gateway/catalog/view.ts';
import { serveStdio } from '../../../src/main/gateway/stdio/stdio-listener.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { openSession, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { type Answer, MODERN, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const UI = 'io.modelcontextprotocol/ui';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

/** Answers of a connector that sends this server request during each call, and then returns the response to it. */
function asking(method: string, params: object): Readonly<Record<string, Answer>> {
  const calls = new Map<unknown, Parameters<Answer>[0]>();
  return {
    'tools/call': (request) => {
      calls.set(`q${request.message.id}`, request);
      request.events({ jsonrpc: '2.0', id: `q${request.message.id}`, method, params });
    },
    answer: ({ message, response }) => {
      response.writeHead(202).end();
      const call = calls.get(message.id);
      const { result, error } = message;
      call?.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [], answered: result ?? error } });
      call?.response.end();
    },
  };
}

describe('capabilities that the gateway declares to a connector', () => {
  it('the gateway declares to a legacy server every capability that any client of the gateway may have', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startGateway({ a: remote(server) });
    expect(server.of('initialize')[0]?.message.params?.capabilities).toEqual({
      sampling: { tools: {}, context: {} },
      elicitation: { form: {}, url: {} },
      extensions: { [UI]: { mimeTypes: ['text/html;profile=mcp-app'] } },
    });
    await openSession(`${world.listener.url}/mcp`, { roots: { listChanged: true } });
    await world.file.write({ a: remote(server), b: remote(server) });
    await world.manager.reload();
    await eventually('the other is up', () => server.of('initialize').length === 2);
    expect(server.of('initialize')[1]?.message.params?.capabilities).toMatchObject({ sampling: {}, roots: {} });
  });

  it('each call to a modern server carries the capabilities of the modern client, as far as the gateway knows them', async () => {
    await using server = await RawMcpServer.start(MODERN);
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const capabilities = {
      elicitation: { form: {} },
      roots: { listChanged: true },
      tasks: {},
      experimental: { x: {} },
      extensions: { 'io.modelcontextprotocol/tasks': {}, 'com.example/x': { a: 1 }, [UI]: { mimeTypes: ['x/y'] } },
    };
    await postModern(url, 'tools/call', { name: 'a__echo' }, { capabilities });
    await postModern(url, 'tools/call', { name: 'a__echo' }, { capabilities: { extensions: { 'com.example/x': {} } } });
    const claimed = server
      .of('tools/call')
      .map(({ message }) => (message.params as { _meta: Record<string, unknown> })._meta[CAPABILITIES]);
    expect(claimed).toEqual([
      { elicitation: { form: {} }, roots: {}, extensions: { [UI]: { mimeTypes: ['x/y'] } } },
      {},
    ]);
  });

  it('a gateway over stdio declares to servers only capabilities that its client has', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startGateway({});
    await world.listener.close(0);
    const [input, output] = [new PassThrough(), new PassThrough()];
    const view = world.gateway.view() as View;
    const served = serveStdio({ gateway: world.gateway, view, input, output, maxMessageBytes: 100_000 });
    const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: {}, tasks: {} } };
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    await eventually('it is answered', () => output.readableLength > 0);
    await world.file.write({ a: remote(server) });
    await world.manager.reload();
    await eventually('the connector is up', () => server.of('initialize').length === 1);
    expect(server.of('initialize')[0]?.message.params?.capabilities).toEqual({ elicitation: {} });
    input.end();
    await served;
  });
});

describe('a server request that the client cannot answer', () => {
  it('a request for roots is answered with an empty list if the client has no roots', async () => {
    await using server = await RawMcpServer.start(asking('roots/list', {}));
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url, { sampling: {}, roots: null });
    for (const { result } of [
      await session.call('tools/call', { name: 'a__echo' }),
      await postLegacy(url, 'tools/call', { name: 'a__echo' }),
      await postModern(url, 'tools/call', { name: 'a__echo' }),
      await postModern(url, 'tools/call', { name: 'a__echo' }, { capabilities: { elicitation: {} } }),
    ])
      expect(result.answered).toEqual({ roots: [] });
  });

  it.each([
    ['sampling/createMessage', { messages: [] }, {}, -32_601],
    ['elicitation/create', { message: '?' }, { sampling: {} }, -32_601],
    ['elicitation/create', { mode: 'url', url: 'https://x.example', message: '?' }, { elicitation: {} }, -32_602],
    ['sampling/createMessage', { messages: [], tools: [] }, { sampling: {} }, -32_602],
    ['tasks/get', { taskId: '1' }, { sampling: {}, tasks: {} }, -32_601],
  ])(
    'a server request %s with the parameters %j is rejected if the client only has the capabilities %j (error %i)',
    async (method, params, capabilities, code) => {
      await using server = await RawMcpServer.start(asking(method, params));
      await using world = await startGateway({ a: remote(server) });
      const url = `${world.listener.url}/mcp`;
      const session = await openSession(url, capabilities);
      for (const { result } of [
        await session.call('tools/call', { name: 'a__echo' }),
        await postModern(url, 'tools/call', { name: 'a__echo' }, { capabilities }),
      ])
        expect(result.answered).toMatchObject({ code });
    },
  );
});

describe('a result with an unknown `resultType`', () => {
  const task = { resultType: 'task', task: { taskId: 't-1', ttl: 60_000 }, 'x-own': [1, null] };

  it.each([
    ['modern', MODERN],
    ['legacy', {}],
  ] as const)(
    'a result with an unknown `resultType` from a %s server reaches legacy and modern clients unchanged',
    async (_, era) => {
      await using server = await RawMcpServer.start({ ...era, 'tools/call': ({ result }) => result(task) });
      await using world = await startGateway({ a: remote(server) });
      const url = `${world.listener.url}/mcp`;
      const { _meta, ...modern } = (await postModern(url, 'tools/call', { name: 'a__echo' })).result;
      expect(modern).toEqual(task);
      expect((await postLegacy(url, 'tools/call', { name: 'a__echo' })).result).toEqual(task);
    },
  );

  it('the gateway removes the field `task` from a call before it forwards the call to a server', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startGateway({ a: remote(server) });
    const params = { name: 'a__echo', task: { ttl: 1_000 }, 'x-more': 1 };
    const { result } = await postLegacy(`${world.listener.url}/mcp`, 'tools/call', params);
    expect(server.of('tools/call')[0]?.message.params).toEqual({ name: 'echo', arguments: {}, 'x-more': 1 });
    expect(result.content).toHaveLength(1);
  });
});

describe('capabilities that the gateway declares to a client', () => {
  it('a gateway without sessions tells clients that it sends no notifications and has no subscriptions', async () => {
    await using world = await startGateway({}, { listener: { hasSessions: false } });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const { result } = await postLegacy(`${world.listener.url}/mcp`, 'initialize', params);
    expect(result.capabilities).toEqual({ tools: {}, prompts: {}, resources: {}, completions: {}, logging: {} });
  });
});

describe('a connector that did not declare a feature', () => {
  const params = { ref: { type: 'ref/prompt', name: 'a__p' }, argument: { name: 'x', value: '' } };

  it('the gateway sends a server no requests for features that the server did not declare', async () => {
    await using server = await RawMcpServer.start({
      'prompts/get': ({ result }) => result({ messages: [] }),
      'resources/read': ({ result }) => result({ contents: [] }),
    });
    await using world = await startGateway({ a: remote(server) });
    const session = await openSession(`${world.listener.url}/mcp`);
    expect((await session.call('prompts/get', { name: 'a__p' })).error.code).toBe(-32_602);
    expect((await session.call('resources/read', { uri: 'a+demo://x' })).error.code).toBe(-32_002);
    expect((await session.call('resources/subscribe', { uri: 'a+demo://x' })).error.code).toBe(-32_602);
    expect((await session.call('completion/complete', params)).result).toEqual({ completion: { values: [] } });
    const asked = new Set(server.requests.map(({ message }) => message.method));
    for (const method of ['prompts/get', 'prompts/list', 'resources/read', 'resources/list', 'resources/subscribe'])
      expect(asked).not.toContain(method);
    expect(asked).not.toContain('completion/complete');
  });

  it('a server gets completion requests if its protocol version has no way to declare completions', async () => {
    await using server = await RawMcpServer.start({
      initialize: ({ result }) =>
        result({
          protocolVersion: '2024-11-05',
          capabilities: { prompts: {}, resources: {}, tools: {} },
          serverInfo: { name: 'old', version: '1' },
        }),
      'completion/complete': ({ result }) => result({ completion: { values: ['one'] } }),
    });
    await using world = await startGateway({ a: remote(server) });
    const session = await openSession(`${world.listener.url}/mcp`);
    expect((await session.call('completion/complete', params)).result).toEqual({ completion: { values: ['one'] } });
    expect((await session.call('resources/subscribe', { uri: 'a+demo://x' })).error.code).toBe(-32_602);
    expect(server.of('resources/subscribe')).toHaveLength(0);
  });
});
