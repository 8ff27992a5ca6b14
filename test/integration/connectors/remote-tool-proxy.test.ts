import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RemoteToolProxy, type RemoteToolProxyOptions } from '../../../src/main/index.ts';
import { nextTurn } from '../../../src/shared/clock.ts';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { type AddTools, TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const tools: AddTools = (server) => {
  server.registerTool('echo', { description: 'Echoes', inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
};

const open: RemoteToolProxy[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((proxy) => proxy.disconnect()));
});

function proxyOf(endpoint: string, options: Partial<RemoteToolProxyOptions> = {}) {
  const logger = recordingLogger();
  const told: boolean[] = [];
  const onAvailabilityChange = (isUp: boolean): void => void told.push(isUp);
  const proxy = new RemoteToolProxy({
    endpoint,
    enabled: true,
    logger,
    onAvailabilityChange,
    reconnectDelay: 20,
    ...options,
  });
  open.push(proxy);
  return { proxy, told, logger };
}

describe('RemoteToolProxy', () => {
  it('RemoteToolProxy connects, lists and calls tools, and rejects calls after disconnect()', async () => {
    await using server = await TestMcpServer.start(tools);
    const { proxy, told, logger } = proxyOf(server.url, { headers: { 'x-api-key': secret('proxy') } });
    await Promise.all([proxy.connect(), proxy.connect()]);
    expect([proxy.isConnected(), told]).toEqual([true, [true]]);
    expect(proxy.getTools()).toMatchObject([{ name: 'echo', description: 'Echoes', inputSchema: { type: 'object' } }]);
    expect(await proxy.callTool('echo', { text: 'hi' })).toMatchObject({ content: [{ text: 'hi' }] });
    expect(server.requests[0]?.headers['x-api-key']).toBe(secret('proxy'));
    await proxy.disconnect();
    await proxy.disconnect();
    expect([proxy.isConnected(), told]).toEqual([false, [true, false]]);
    await expect(proxy.callTool('echo', {})).rejects.toMatchObject({
      name: 'RemoteServiceUnavailableError',
      message: 'Remote MCP proxy is temporarily unavailable',
      code: 'CONNECTOR_UNAVAILABLE',
    });
    expect(inspect([logger.lines, proxy], { depth: 12 })).not.toContain(secret('proxy'));
    expect(logger.lines.map(({ fields }) => fields.event)).toEqual(['proxy-connected']);
  });

  it('RemoteToolProxy rejects calls with the configured error name while the server is down, and then reconnects', async () => {
    const server = await TestMcpServer.start(tools);
    const { url } = server;
    const port = Number(new URL(url).port);
    await server[Symbol.asyncDispose]();
    const { proxy, told } = proxyOf(url, {
      unavailableErrorName: 'MineError',
      unavailableErrorMessage: 'mine is down',
    });
    await proxy.connect();
    expect(told[0]).toBe(false);
    await expect(proxy.callTool('echo', {})).rejects.toMatchObject({
      name: 'MineError',
      message: 'mine is down',
      code: 'CONNECTOR_UNAVAILABLE',
    });
    await using back = await TestMcpServer.start(tools, port);
    await eventually('it is connected again', () => proxy.isConnected());
    expect([told.at(-1), back.requests.length > 0]).toEqual([true, true]);
    expect(told.filter((isUp) => isUp)).toHaveLength(1);
    expect(await proxy.callTool('echo', { text: 'back' })).toMatchObject({ content: [{ text: 'back' }] });
  });

  it('RemoteToolProxy stays up when the server answers with an error, and goes down when the connection breaks', async () => {
    await using server = await TestMcpServer.start(tools);
    const { proxy, told } = proxyOf(server.url, { reconnectDelay: 60_000 });
    await proxy.connect();
    await expect(proxy.callTool('nope', {})).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED' });
    expect(proxy.isConnected()).toBe(true);
    server.spoilNext((request) => request.socket.destroy());
    await expect(proxy.callTool('echo', { text: 'x' })).rejects.toMatchObject({ code: 'TOOL_CALL_LOST' });
    expect([proxy.isConnected(), told]).toEqual([false, [true, false]]);
  });

  it('RemoteToolProxy never connects if `enabled` is false', async () => {
    await using server = await TestMcpServer.start(tools);
    const { proxy, told } = proxyOf(server.url, { enabled: false });
    await proxy.connect();
    expect([proxy.isConnected(), told, server.requests]).toEqual([false, [false], []]);
  });

  it('RemoteToolProxy does not connect if disconnect() is called while it connects', async () => {
    await using server = await TestMcpServer.start(tools);
    const { proxy, told } = proxyOf(server.url);
    const connecting = proxy.connect();
    await proxy.disconnect();
    await connecting;
    expect([proxy.isConnected(), told]).toEqual([false, []]);
  });

  it('RemoteToolProxy leaves no session and no socket open if disconnect() is called at any time during connect()', async () => {
    for (let turns = 0; turns <= 40; turns += 4) {
      await using server = await TestMcpServer.startWithSessions(tools);
      const { proxy, told } = proxyOf(server.url);
      const connecting = proxy.connect();
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      await proxy.disconnect();
      await connecting;
      expect([proxy.isConnected(), server.sessions.size]).toEqual([false, 0]);
      expect([[], [true, false]]).toContainEqual(told);
      await eventually('no socket is left', async () => (await server.openSockets()) === 0);
    }
  });

  it('RemoteToolProxy makes no more attempts to connect after disconnect()', async () => {
    await using server = await MapServer.start();
    server.fail(500);
    const { proxy, told } = proxyOf(server.url, { reconnectDelay: 20 });
    await proxy.connect();
    await proxy.connect();
    await proxy.disconnect();
    const before = [server.requests.length, told.length];
    // Waits long enough for another attempt, which would follow after 20 ms.
    await sleep(100);
    expect([server.requests.length, told.length]).toEqual(before);
  });

  it.each(['while it connects', 'while it is connected'])(
    'RemoteToolProxy ends up connected when disconnect() and then connect() are called %s',
    async (when) => {
      await using server = await TestMcpServer.start(tools);
      const { proxy } = proxyOf(server.url);
      const connecting = proxy.connect();
      if (when === 'while it is connected') await connecting;
      await Promise.all([proxy.disconnect(), proxy.connect(), connecting]);
      expect(proxy.isConnected()).toBe(true);
      expect(await proxy.callTool('echo', { text: 'anew' })).toMatchObject({ content: [{ text: 'anew' }] });
    },
  );

  it('RemoteToolProxy stays connected if its `onAvailabilityChange` listener throws', async () => {
    await using server = await TestMcpServer.start(tools);
    const onAvailabilityChange = (): void => {
      throw new Error('of the caller');
    };
    const { proxy, logger } = proxyOf(server.url, { onAvailabilityChange });
    await proxy.connect();
    expect(proxy.isConnected()).toBe(true);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', fields: { event: 'listener-threw' } });
  });

  it('createProxy() may return a RemoteToolProxy, which the manager retries while its server is down', async () => {
    const server = await TestMcpServer.start(tools);
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await using managed = await manage([entry('one', { endpoint: url })], {
      createProxy: (config) => new RemoteToolProxy({ ...config, reconnectDelay: 60_000 }),
      random: { next: () => 0.05 },
    });
    await managed.manager.sync();
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'backing-off' });
    await using _back = await TestMcpServer.start(tools, Number(new URL(url).port));
    await eventually('it is up', () => managed.manager.status().connectors[0]?.state === 'ready');
    expect(await managed.manager.callTool('one.echo', { text: 'x' })).toMatchObject({ content: [{ text: 'x' }] });
  });

  it('createProxy() can pass its argument unchanged to the constructor of RemoteToolProxy', async () => {
    await using server = await TestMcpServer.start(tools);
    const keyed = entry('one', { endpoint: server.url, auth: { type: 'bearer' } });
    await using managed = await manage([keyed, entry('dead', { endpoint: 'http://127.0.0.1:9/' })], {
      createProxy: (config) => new RemoteToolProxy(config),
      random: { next: () => 1 },
      connectorsApiKey: secret('proxied'),
    });
    await managed.manager.sync();
    expect(managed.manager.status().connectors.map(({ state }) => state)).toEqual(['ready', 'backing-off']);
    expect(await managed.manager.callTool('one.echo', { text: 'x' })).toMatchObject({ content: [{ text: 'x' }] });
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${secret('proxied')}`);
    await expect(managed.manager.callTool('one.nope')).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    const told = inspect([managed.lines, managed.manager.status()], { depth: 12 });
    expect(told).not.toContain(secret('proxied'));
  });
});
