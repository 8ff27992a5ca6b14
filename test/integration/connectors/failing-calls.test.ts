import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import type { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { type ManagedMap, manage } from '../../helpers/manager.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const addTool = (server: McpServer): void => {
  server.registerTool('tool', {}, () => ({ content: [{ type: 'text', text: 'done' }] }));
};

type Spoil = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a ready connector. The test defines how its next request is answered. */
async function spoiled(spoil: Spoil): Promise<ManagedMap> {
  const server = await TestMcpServer.startWithSessions(addTool);
  const map = await manage([entry('one', { endpoint: server.url })], { random: { next: () => 0.01 } });
  await map.manager.sync();
  expect(map.manager.connector('one')?.status?.state).toBe('ready');
  server.spoilNext(spoil);
  return {
    ...map,
    async [Symbol.asyncDispose]() {
      await map[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const rpcError =
  (status: number, code = -32_603): Spoil =>
  (request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => {
      body += data.toString();
    });
    request.on('end', () => {
      const { id } = JSON.parse(body);
      const error = { jsonrpc: '2.0', id, error: { code, message: 'no such luck' } };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(error));
    });
  };

describe('a tool call', () => {
  it.each<[string, Spoil, string]>([
    ['a JSON-RPC error', rpcError(200), 'TOOL_CALL_REJECTED'],
    ['400 and a JSON-RPC error with its own code', rpcError(400, -32_602), 'TOOL_CALL_REJECTED'],
    ['HTTP 500', (_, response) => response.writeHead(500).end(), 'TOOL_CALL_REJECTED'],
    ['429', (_, response) => response.writeHead(429).end(), 'TOOL_CALL_REJECTED'],
    ['403', (_, response) => response.writeHead(403).end(), 'CONNECTOR_REFUSED'],
  ])('a tool call that is answered with %s fails, and the connector stays ready', async (_, spoil, code) => {
    await using map = await spoiled(spoil);
    await expect(map.manager.callTool('one.tool')).rejects.toMatchObject({ code });
    expect(map.manager.connector('one')?.status?.state).toBe('ready');
    expect(await map.manager.callTool('one.tool')).toMatchObject({ content: [{ text: 'done' }] });
  });

  it('a connector reconnects with the current key when a tool call is answered with 401', async () => {
    let key = secret('first');
    await using server = await TestMcpServer.startWithSessions(addTool);
    server.wants((request) => request.headers.authorization === `Bearer ${key}`);
    const keyed = entry('one', { endpoint: server.url, auth: { type: 'bearer' } });
    await using map = await manage([keyed], { connectorsApiKey: () => key });
    await map.manager.sync();
    key = secret('second');
    await expect(map.manager.callTool('one.tool')).rejects.toMatchObject({ code: 'CONNECTOR_REFUSED' });
    await map.manager.ready('one');
    expect(await map.manager.callTool('one.tool')).toMatchObject({ content: [{ text: 'done' }] });
  });

  it('a broken connection fails only its own tool call, and other running calls succeed', async () => {
    const started = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    await using server = await TestMcpServer.start((mcp) => {
      addTool(mcp);
      mcp.registerTool('slow', {}, async () => {
        started.resolve();
        await finished.promise;
        return { content: [{ type: 'text', text: 'slowly' }] };
      });
    });
    await using map = await manage([entry('one', { endpoint: server.url })]);
    await map.manager.sync();
    const slow = map.manager.callTool('one.slow');
    await started.promise;
    server.spoilNext((request) => request.socket.resetAndDestroy());
    await expect(map.manager.callTool('one.tool')).rejects.toMatchObject({ code: 'TOOL_CALL_LOST' });
    finished.resolve();
    await expect(slow).resolves.toMatchObject({ content: [{ text: 'slowly' }] });
  });

  const noSession: Spoil = (_, response) => {
    const error = { code: -32_000, message: 'Bad Request: No valid session ID provided' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: null, error });
    response.writeHead(400, { 'content-type': 'application/json' }).end(body);
  };
  const sessionGone: [string, Spoil][] = [
    ['404 for an expired session', (_, response) => response.writeHead(404).end()],
    ['400 and an error text about the session, without an id', noSession],
  ];
  it.each(sessionGone)('a tool call that is answered with %s is sent once more, in a new session', async (_, spoil) => {
    await using map = await spoiled(spoil);
    expect(await map.manager.callTool('one.tool')).toMatchObject({ content: [{ text: 'done' }] });
    expect(map.manager.connector('one')?.status?.state).toBe('ready');
  });

  it.each(sessionGone)(
    'a tool call that is answered with %s twice fails, and the error says that the call did not run',
    async (_, spoil) => {
      await using server = await TestMcpServer.startWithSessions(addTool);
      await using map = await manage([entry('one', { endpoint: server.url })]);
      await map.manager.sync();
      let calls = 0;
      server.spoilMatching('tools/call', (request, response) => {
        calls += 1;
        spoil(request, response);
      });
      await expect(map.manager.callTool('one.tool')).rejects.toMatchObject({
        code: 'TOOL_CALL_LOST',
        detail: { sent: 'no' },
      });
      expect(calls).toBe(2);
    },
  );

  it.each<[string, Spoil]>([['breaks', (request) => request.socket.resetAndDestroy()]])(
    'a tool call whose connection %s is not sent again, and the connector reconnects',
    async (_, spoil) => {
      await using map = await spoiled(spoil);
      await expect(map.manager.callTool('one.tool')).rejects.toMatchObject({
        code: 'TOOL_CALL_LOST',
        detail: { sent: 'maybe' },
      });
      expect(map.manager.connector('one')?.status?.state).not.toBe('ready');
      expect(map.manager.listTools()).toHaveLength(1);
      await eventually('it is back', () => map.manager.connector('one')?.status?.state === 'ready');
      expect(await map.manager.callTool('one.tool')).toMatchObject({ content: [{ text: 'done' }] });
    },
  );
});

it('a tool call whose arguments cannot be written as JSON fails, and the connector stays ready', async () => {
  await using map = await spoiled(() => {});
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  await expect(map.manager.callTool('one.tool', cycle)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  expect(map.manager.connector('one')?.status?.state).toBe('ready');
});

describe('a tool list', () => {
  it.each([401, 403])(
    'a connector fails without a retry if its request for the tool list is answered with %s',
    async (status) => {
      await using server = await TestMcpServer.startWithSessions(addTool);
      server.spoilMatching('tools/list', (_, response) => response.writeHead(status).end());
      await using map = await manage([entry('one', { endpoint: server.url })]);
      await map.manager.sync();
      expect(map.manager.connector('one')?.status).toMatchObject({
        state: 'failed',
        lastError: { code: 'CONNECTOR_REFUSED' },
      });
    },
  );

  it('a connector backs off if its connection breaks while it requests the tool list', async () => {
    await using server = await TestMcpServer.startWithSessions(addTool);
    server.spoilMatching('tools/list', (request) => request.socket.resetAndDestroy());
    await using map = await manage([entry('one', { endpoint: server.url })]);
    await map.manager.sync();
    expect(map.manager.connector('one')?.status).toMatchObject({
      state: 'backing-off',
      lastError: { code: 'CONNECTOR_CONNECT_FAILED' },
    });
  });

  it('a connector backs off if its request for the tool list is answered with an error', async () => {
    await using server = await TestMcpServer.startWithSessions(addTool);
    server.spoilMatching('tools/list', rpcError(200));
    await using map = await manage([entry('one', { endpoint: server.url })]);
    await map.manager.sync();
    expect(map.manager.connector('one')?.status).toMatchObject({
      state: 'backing-off',
      lastError: { code: 'CONNECTOR_LIST_INVALID' },
    });
    expect(server.sessions.size).toBe(0);
  });

  it('a connector times out if the server never answers the request for the tool list', async () => {
    await using server = await TestMcpServer.startWithSessions(addTool);
    server.spoilMatching('tools/list', () => {});
    await using map = await manage([entry('one', { endpoint: server.url, timeouts: { list: 100 } })]);
    await map.manager.sync();
    expect(map.manager.connector('one')?.status?.lastError).toMatchObject({ code: 'CONNECTOR_TIMEOUT' });
  });
});

it('no error or log line quotes the key if the server sends it back in an error page', async () => {
  await using server = await TestMcpServer.start(addTool);
  const echo: Spoil = (request, response) => response.writeHead(500).end(JSON.stringify(request.headers));
  server.spoilMatching('tools/list', echo);
  const keyed = entry('one', { endpoint: server.url, auth: { type: 'apiKey', headerName: 'x-api-key' } });
  await using map = await manage([keyed], { connectorsApiKey: secret('echoed') });
  await map.manager.sync();
  expect(map.manager.status().connectors[0]?.lastError).toEqual({
    code: 'CONNECTOR_LIST_INVALID',
    message: 'The tool list cannot be read: tools/list was answered with HTTP 500 (no content type)',
  });
  expect(inspect([map.manager.status(), map.lines], { depth: 12 })).not.toContain(secret('echoed'));
});
