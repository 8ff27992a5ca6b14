import type { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RemoteToolProxy, type ToolChange } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { type ManagedMap, manage } from '../../helpers/manager.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const addTool = (server: McpServer, name: string): void => {
  server.registerTool(name, { inputSchema: z.object({}) }, () => ({ content: [{ type: 'text', text: name }] }));
};

const names = ({ manager }: ManagedMap): string[] => manager.listTools().map(({ name }) => name);

describe('a tool that comes later', () => {
  it('is there after a forced sync, and an event says so', async () => {
    const tools = ['first'];
    await using server = await TestMcpServer.start((mcp) => {
      for (const name of tools) addTool(mcp, name);
    });
    await using managed = await manage([entry('one', { endpoint: server.url })]);
    await managed.manager.sync();
    const changes: ToolChange[] = [];
    managed.manager.on('tools', (change) => changes.push(change));
    tools.splice(0, 1, 'second', 'third');
    await managed.manager.sync(true);
    expect(names(managed)).toEqual(['one.second', 'one.third']);
    expect(changes).toEqual([
      { connectorId: 'one', added: ['one.second', 'one.third'], changed: [], removed: ['one.first'], how: {} },
    ]);
    await expect(managed.manager.callTool('one.third')).resolves.toMatchObject({ content: [{ text: 'third' }] });
  });

  it.each(['legacy', 'modern'] as const)('is there by itself where the connector announces it (%s)', async (era) => {
    const servers = new Set<McpServer>();
    const add: (server: McpServer) => void = (server) => {
      servers.add(server);
      addTool(server, 'first');
    };
    await using server = era === 'legacy' ? await TestMcpServer.startWithSessions(add) : await TestMcpServer.start(add);
    await using managed = await manage([entry('one', { endpoint: server.url, era })]);
    await managed.manager.sync();
    expect(managed.manager.connector('one')?.status?.era).toBe(era);
    // Between the handshake and the stream; the stream's opening has the list read again.
    if (era === 'legacy') for (const mcp of servers) addTool(mcp, 'early');
    await eventually('its stream is open', () => server.requests.filter(isStream).length > 0);
    if (era === 'legacy') {
      await eventually('the early one is there', () => names(managed).includes('one.early'));
      for (const mcp of servers) addTool(mcp, 'late');
      await eventually('the late one is there', () => names(managed).includes('one.late'));
    }
  });

  it('is read by one request for a storm of notices', async () => {
    let mcp: McpServer | null = null;
    await using server = await TestMcpServer.startWithSessions((made) => {
      mcp = made;
      addTool(made, 'first');
    });
    await using managed = await manage([entry('one', { endpoint: server.url })]);
    await managed.manager.sync();
    await eventually('its stream is open', () => server.requests.filter(isStream).length > 0);
    const before = server.requests.length;
    for (let notice = 0; notice < 200; notice += 1) (mcp as McpServer | null)?.sendToolListChanged();
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(server.requests.length - before).toBeLessThanOrEqual(3);
  });
});

it('a reading that meets a connection just closed by the server is repeated; the connector stays as it is', async () => {
  await using server = await TestMcpServer.start((mcp) => addTool(mcp, 'first'));
  await using managed = await manage([entry('one', { endpoint: server.url })]);
  await managed.manager.sync();
  server.spoilNext((request) => request.socket.resetAndDestroy());
  await managed.manager.sync(true);
  const states = managed.lines
    .filter(({ fields }) => fields.event === 'connector-state')
    .map(({ fields }) => fields.to);
  expect([states, names(managed)]).toEqual([['connecting', 'ready'], ['one.first']]);
});

it('RemoteToolProxy follows its tools too', async () => {
  let mcp: McpServer | null = null;
  await using server = await TestMcpServer.startWithSessions((made) => {
    mcp = made;
    addTool(made, 'first');
  });
  const proxy = new RemoteToolProxy({ endpoint: server.url, enabled: true, logger: recordingLogger() });
  await proxy.connect();
  addTool(mcp as unknown as McpServer, 'second');
  await eventually('the second is there', () => proxy.getTools().length === 2);
  await proxy.disconnect();
});

const isStream = ({ method, headers }: { method?: string | undefined; headers: object }): boolean =>
  method === 'GET' || Reflect.get(headers, 'mcp-method') === 'subscriptions/listen';
