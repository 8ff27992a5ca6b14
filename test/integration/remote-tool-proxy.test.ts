import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RemoteToolProxy, type RemoteToolProxyOptions } from '../../src/main/index.ts';
import { eventually } from '../helpers/eventually.ts';
import { secret } from '../helpers/evidence.ts';
import { recordingLogger } from '../helpers/log.ts';
import { manage } from '../helpers/manager.ts';
import { type AddTools, TestMcpServer } from '../helpers/mcp-server.ts';
import { entry } from '../helpers/signed-map.ts';

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
  it('connects, lists, calls and disconnects', async () => {
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
    await expect(proxy.callTool('echo', {})).rejects.toMatchObject({ name: 'RemoteServiceUnavailableError' });
    expect(logger.lines.map(({ fields }) => fields.event)).toEqual(['proxy-connected']);
  });

  it('rejects calls under the name it was given while it is offline, and comes back by itself', async () => {
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
  });

  it('stays up when the server answers with an error, and goes down when the connection breaks', async () => {
    await using server = await TestMcpServer.start(tools);
    const { proxy, told } = proxyOf(server.url, { reconnectDelay: 60_000 });
    await proxy.connect();
    await expect(proxy.callTool('nope', {})).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED' });
    expect(proxy.isConnected()).toBe(true);
    server.spoilNext((request) => request.socket.destroy());
    await expect(proxy.callTool('echo', { text: 'x' })).rejects.toMatchObject({ code: 'TOOL_CALL_LOST' });
    expect([proxy.isConnected(), told]).toEqual([false, [true, false]]);
  });

  it('never connects where it is not enabled', async () => {
    await using server = await TestMcpServer.start(tools);
    const { proxy, told } = proxyOf(server.url, { enabled: false });
    await proxy.connect();
    expect([proxy.isConnected(), told, server.requests]).toEqual([false, [false], []]);
  });

  it('starts nothing any more once it was disconnected, at whatever moment', async () => {
    await using server = await TestMcpServer.start(tools);
    const { proxy, told } = proxyOf(server.url);
    const connecting = proxy.connect();
    await proxy.disconnect();
    await connecting;
    expect([proxy.isConnected(), told]).toEqual([false, []]);
  });

  it('outlives a listener that throws', async () => {
    await using server = await TestMcpServer.start(tools);
    const onAvailabilityChange = (): void => {
      throw new Error('of the caller');
    };
    const { proxy, logger } = proxyOf(server.url, { onAvailabilityChange });
    await proxy.connect();
    expect(proxy.isConnected()).toBe(true);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', fields: { event: 'listener-threw' } });
  });

  it('may be what createProxy makes: one that is down at first is tried again by the manager', async () => {
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
});
