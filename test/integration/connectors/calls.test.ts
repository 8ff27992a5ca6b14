import type { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { eventually } from '../../helpers/eventually.ts';
import { manage } from '../../helpers/manager.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const tools = (server: McpServer): void => {
  server.registerTool('echo', { inputSchema: z.object({}) }, () => ({ content: [{ type: 'text', text: 'echo' }] }));
  server.registerTool('large', { inputSchema: z.object({ size: z.number() }) }, ({ size }) => ({
    content: [{ type: 'text', text: 'x'.repeat(size) }],
  }));
  server.registerTool('slow', { inputSchema: z.object({}) }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return { content: [] };
  });
};

const never = { next: () => 1 };

/** Until this side knows that the other has closed its connections: before, a call might be on its way over one of them. */
const noticed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('a call to a connector that is down', () => {
  it('has it tried at once, and goes through where the connector is back', async () => {
    const server = await TestMcpServer.start(tools);
    const port = Number(new URL(server.url).port);
    await using managed = await manage([entry('one', { endpoint: server.url })], { random: never });
    await managed.manager.sync();
    await server[Symbol.asyncDispose]();
    await noticed();
    await expect(managed.manager.callTool('one.echo')).rejects.toMatchObject({ code: 'CONNECTOR_UNAVAILABLE' });
    await using back = await TestMcpServer.start(tools, port);
    // The attempt of the last call failed less than a second ago.
    await expect(managed.manager.callTool('one.echo')).rejects.toMatchObject({
      name: 'oneConnectorUnavailableError',
      code: 'CONNECTOR_UNAVAILABLE',
    });
    expect(back.requests).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await expect(managed.manager.callTool('one.echo')).resolves.toMatchObject({ content: [{ text: 'echo' }] });
    expect(managed.manager.connector('one')?.status?.state).toBe('ready');
  });

  it('has it tried once, however many call', async () => {
    await using server = await TestMcpServer.start(tools);
    server.spoilMatching('jsonrpc', (_, response) => response.writeHead(503).end());
    await using managed = await manage([entry('one', { endpoint: server.url })], { random: never });
    await managed.manager.sync();
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const before = server.requests.length;
    const calls = Array.from({ length: 50 }, () => managed.manager.callTool('one.echo').catch(({ code }) => code));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['CONNECTOR_UNAVAILABLE']));
    expect(server.requests.length - before).toBeLessThanOrEqual(4);
  });
});

describe('a connection that breaks under a call', () => {
  it('fails that call alone, which says that it may have run and is not sent again', async () => {
    await using server = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: server.url })], { random: { next: () => 0.01 } });
    await managed.manager.sync();
    let calls = 0;
    server.spoilMatching('tools/call', (request) => {
      calls += 1;
      request.socket.resetAndDestroy();
    });
    await expect(managed.manager.callTool('one.echo')).rejects.toMatchObject({
      code: 'TOOL_CALL_LOST',
      detail: { sent: 'maybe' },
      message: expect.stringContaining('it may have run'),
    });
    expect(calls).toBe(1);
  });
});

describe('a session that the server has forgotten', () => {
  it('is initialised again, and the call goes through: one session more', async () => {
    const server = await TestMcpServer.startWithSessions(tools);
    const port = Number(new URL(server.url).port);
    await using managed = await manage([entry('one', { endpoint: server.url })]);
    await managed.manager.sync();
    await server[Symbol.asyncDispose]();
    await noticed();
    await using fresh = await TestMcpServer.startWithSessions(tools, port);
    await expect(managed.manager.callTool('one.echo')).resolves.toMatchObject({ content: [{ text: 'echo' }] });
    expect(fresh.sessions.size).toBe(1);
    await managed.manager.close();
    await eventually('it has ended', () => fresh.sessions.size === 0);
  });
});

describe('an answer that is too large', () => {
  it('is refused with a code, and the connector stays up', async () => {
    await using server = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: server.url })], { maxResultBytes: 100_000 });
    await managed.manager.sync();
    await expect(managed.manager.callTool('one.large', { size: 90_000 })).resolves.toMatchObject({ content: [{}] });
    await expect(managed.manager.callTool('one.large', { size: 200_000 })).rejects.toMatchObject({
      code: 'TOOL_RESULT_TOO_LARGE',
      detail: { maxBytes: 100_000 },
    });
    expect(managed.manager.connector('one')?.status?.state).toBe('ready');
  });

  it.each(['text/event-stream', 'application/json'])('and never ends is cut off (%s)', async (type) => {
    await using server = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: server.url })], { maxResultBytes: 100_000 });
    await managed.manager.sync();
    let isOpen = true;
    server.spoilNext((_, response) => {
      response.writeHead(200, { 'content-type': type });
      const send = (): void => {
        while (isOpen && response.write('x'.repeat(10_000)));
      };
      response.on('drain', send).on('close', () => {
        isOpen = false;
      });
      send();
    });
    await expect(managed.manager.callTool('one.echo')).rejects.toMatchObject({ code: 'TOOL_RESULT_TOO_LARGE' });
    await eventually('the connection is given up', () => !isOpen);
  });
});

describe('quotas of the map', () => {
  it('are kept: calls beyond wait for their turn', async () => {
    await using server = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: server.url, quotas: { concurrent: 1 } })]);
    await managed.manager.sync();
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((index) => managed.manager.callTool('one.slow').then(() => order.push(index))));
    expect(order).toEqual([1, 2, 3]);
    const late = managed.manager.callTool('one.slow', {}, { timeoutMs: 400 });
    await expect(managed.manager.callTool('one.slow', {}, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TOOL_CALL_TIMEOUT',
    });
    await late;
  });
});

describe('ready()', () => {
  it('resolves as soon as what is waited for is up', async () => {
    await using server = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: server.url }), entry('off', { status: 'disabled' })]);
    const waiting = Promise.all([managed.manager.ready('any'), managed.manager.ready('all')]);
    await managed.manager.sync();
    await waiting;
    await managed.manager.ready('one');
    await expect(managed.manager.ready('nope')).rejects.toMatchObject({ code: 'CONNECTOR_UNKNOWN' });
  });

  it('says what is not up when its time is over, and settles when the manager closes', async () => {
    await using managed = await manage([entry('dead')], { random: never });
    await expect(managed.manager.ready('any', { timeoutMs: 20 })).rejects.toThrow('there is no service map yet');
    await managed.manager.sync();
    await expect(managed.manager.ready('all', { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'CONNECTOR_TIMEOUT',
      message: 'Not ready after 20 ms; not up: dead (backing-off).',
    });
    const waiting = expect(managed.manager.ready('dead')).rejects.toMatchObject({ code: 'CLOSED' });
    await managed.manager.close();
    await waiting;
  });
});
