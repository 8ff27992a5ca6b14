import { setTimeout as sleep } from 'node:timers/promises';
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

describe.concurrent('a tool that is added later', () => {
  it('a forced sync lists the tools that a server added later, and an event reports the change', async () => {
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

  it('a tool that a legacy server adds later is listed without a sync when the server announces it', async () => {
    const servers = new Set<McpServer>();
    await using server = await TestMcpServer.startWithSessions((made) => {
      servers.add(made);
      addTool(made, 'first');
    });
    await using managed = await manage([entry('one', { endpoint: server.url, era: 'legacy' })]);
    await managed.manager.sync();
    // This change comes after the handshake and before the stream opens. When the stream opens, the list is read again.
    for (const mcp of servers) addTool(mcp, 'early');
    await eventually('the early one is there', () => names(managed).includes('one.early'));
    expect(server.requests.filter(isStream)).toHaveLength(1);
    for (const mcp of servers) addTool(mcp, 'late');
    await eventually('the late one is there', () => names(managed).includes('one.late'));
  });

  it('a tool that a modern server adds later is listed without a sync when the server announces it', async () => {
    const tools = ['first'];
    await using server = await TestMcpServer.start((mcp) => {
      for (const name of tools) addTool(mcp, name);
    });
    await using managed = await manage([entry('one', { endpoint: server.url, era: 'modern' })]);
    await managed.manager.sync();
    tools.push('early');
    await eventually('the early one is there', () => names(managed).includes('one.early'));
    expect(server.requests.filter(isStream)).toHaveLength(1);
    tools.push('late');
    server.announceTools();
    await eventually('the late one is there', () => names(managed).includes('one.late'));
  });

  it('at most two requests list the tools of a server that announces two hundred changes at the same time', async () => {
    const servers = new Set<McpServer>();
    await using server = await TestMcpServer.startWithSessions((made) => {
      servers.add(made);
      addTool(made, 'first');
    });
    await using managed = await manage([entry('one', { endpoint: server.url })]);
    await managed.manager.sync();
    const posts = (): number => server.requests.filter(({ method }) => method === 'POST').length;
    const atFirst = posts();
    await eventually('the stream has opened and the list was read', () => posts() > atFirst);
    const before = posts();
    // The server sends one notification for each new tool.
    for (let tool = 0; tool < 200; tool += 1) for (const mcp of servers) addTool(mcp, `tool${tool}`);
    await eventually('all are there', () => names(managed).length === 201);
    // Waits long enough for further list requests. A separate request for each notification would arrive in this time.
    await sleep(300);
    expect(posts() - before).toBeGreaterThanOrEqual(1);
    expect(posts() - before).toBeLessThanOrEqual(2);
  });
});

it.concurrent('a tool list is requested again if the connection breaks during the request, and the connector is ready again', async () => {
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

it.concurrent('RemoteToolProxy lists a tool that its server announces later', async () => {
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
