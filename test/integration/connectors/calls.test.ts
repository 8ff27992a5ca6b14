import { setTimeout as sleep } from 'node:timers/promises';
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
};

const never = { next: () => 1 };

/**
 * Waits until the client has noticed that the server closed its connections, so that no call uses a closed connection.
 * It waits a fixed time, because no event reports this.
 */
const noticed = (): Promise<void> => sleep(50);

describe('a call to a connector that is down', () => {
  it('a call to a connector that is down triggers a reconnect, and succeeds once the connector is back', async () => {
    const server = await TestMcpServer.start(tools);
    const port = Number(new URL(server.url).port);
    await using managed = await manage([entry('one', { endpoint: server.url })], { random: never });
    await managed.manager.sync();
    await server[Symbol.asyncDispose]();
    await noticed();
    await expect(managed.manager.callTool('one.echo')).rejects.toMatchObject({ code: 'CONNECTOR_UNAVAILABLE' });
    await using back = await TestMcpServer.start(tools, port);
    // The previous call made an attempt to connect less than a second ago, so this call does not make another one.
    await expect(managed.manager.callTool('one.echo')).rejects.toMatchObject({
      name: 'oneConnectorUnavailableError',
      code: 'CONNECTOR_UNAVAILABLE',
    });
    expect(back.requests).toEqual([]);
    let result: unknown = null;
    await eventually('a call has it tried again', async () => {
      result = await managed.manager.callTool('one.echo').catch(() => null);
      return result !== null;
    });
    expect(result).toMatchObject({ content: [{ text: 'echo' }] });
    expect(managed.manager.connector('one')?.status?.state).toBe('ready');
  });

  it('fifty simultaneous calls to a connector that is down trigger only one reconnect', async () => {
    await using server = await TestMcpServer.start(tools);
    server.spoilMatching('jsonrpc', (_, response) => response.writeHead(503).end());
    await using managed = await manage([entry('one', { endpoint: server.url })], { random: never });
    await managed.manager.sync();
    const ofOneAttempt = server.requests.length;
    expect(ofOneAttempt).toBeGreaterThan(0);
    const codes = new Set<unknown>();
    let asked = 0;
    await eventually('the last attempt is long enough ago', async () => {
      const calls = Array.from({ length: 50 }, () => managed.manager.callTool('one.echo').catch(({ code }) => code));
      for (const code of await Promise.all(calls)) codes.add(code);
      asked = server.requests.length - ofOneAttempt;
      return asked > 0;
    });
    // The second attempt sends one request less, because it does not send tools/list in parallel to the probe.
    expect([asked, codes]).toEqual([ofOneAttempt - 1, new Set(['CONNECTOR_UNAVAILABLE'])]);
  });
});

describe('a connection that breaks during a call', () => {
  it('a call whose connection breaks is not repeated, and its error says that the call may have run', async () => {
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
      message: expect.stringContaining('may have run'),
    });
    expect(calls).toBe(1);
  });
});

describe('a session that the server has forgotten', () => {
  it('a call succeeds in a new session if the server has forgotten the old session', async () => {
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

describe('a response that is too large', () => {
  it('a response that is too large is rejected with an error code, and the connector stays ready', async () => {
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

  it.each(['text/event-stream', 'application/json'])(
    'a call fails and its connection is closed when an endless response of type %s reaches the size limit',
    async (type) => {
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
    },
  );
});

describe('quotas in the map', () => {
  it('calls that exceed the quota of their connector wait and run in order, and fail if they time out', async () => {
    const finish: (() => void)[] = [];
    let running = 0;
    let mostRunning = 0;
    await using server = await TestMcpServer.start((mcp) => {
      mcp.registerTool('gated', { inputSchema: z.object({}) }, async () => {
        running += 1;
        mostRunning = Math.max(mostRunning, running);
        await new Promise<void>((resolve) => finish.push(resolve));
        running -= 1;
        return { content: [] };
      });
    });
    await using managed = await manage([entry('one', { endpoint: server.url, quotas: { concurrent: 1 } })]);
    await managed.manager.sync();
    const order: number[] = [];
    const calls = [0, 1, 2].map((index) => managed.manager.callTool('one.gated').then(() => order.push(index)));
    for (const [index, call] of calls.entries()) {
      await eventually(`call ${index} runs`, () => finish.length === index + 1);
      finish[index]?.();
      await call;
    }
    expect([order, mostRunning]).toEqual([[0, 1, 2], 1]);
    const holder = managed.manager.callTool('one.gated');
    await eventually('the place is taken', () => finish.length === 4);
    await expect(managed.manager.callTool('one.gated', {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
    finish[3]?.();
    await holder;
    expect(finish).toHaveLength(4);
  });
});

describe('ready()', () => {
  it('ready() resolves as soon as the awaited connectors are up', async () => {
    await using server = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: server.url }), entry('off', { status: 'disabled' })]);
    const waiting = Promise.all([managed.manager.ready('any'), managed.manager.ready('all')]);
    await managed.manager.sync();
    await waiting;
    await managed.manager.ready('one');
    await expect(managed.manager.ready('nope')).rejects.toMatchObject({ code: 'CONNECTOR_UNKNOWN' });
  });

  it('ready() names the connectors that are not up when it times out, and rejects when the manager closes', async () => {
    await using managed = await manage([entry('dead')], { random: never });
    await expect(managed.manager.ready('any', { timeoutMs: 20 })).rejects.toThrow('there is no service map yet');
    await managed.manager.sync();
    await expect(managed.manager.ready('all', { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'CONNECTOR_TIMEOUT',
      message: 'Timed out after 20 ms while waiting for connectors; these are not up: dead (backing-off).',
    });
    const waiting = expect(managed.manager.ready('dead')).rejects.toMatchObject({ code: 'CLOSED' });
    await managed.manager.close();
    await waiting;
  });
});
